package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("any-jdk")
class PathPatternTest {
  @ParameterizedTest
  @CsvSource({
    "fc1, fc1, true",
    "fc1, fc12, false",
    "fc*, fc12, true",
    "blocks.*.fc1, blocks.3.fc1, true",
    "blocks.*.fc1, blocks.3.4.fc1, false",
    "blocks.**, blocks.3.4.fc1, true",
    "**.weight, weight, true",
    "**, a.b.c, true",
    "/encoder/layer.*/output/dense/MatMul, /encoder/layer.11/output/dense/MatMul, true",
    "/encoder/layer.*/dense/MatMul, /encoder/layer.11/output/dense/MatMul, true",
    "/encoder/layer/*, /encoder/layer.11/MatMul, false",
    "**.*/dense/MatMul, /encoder/layer.11/output/dense/MatMul, true",
    "a(b, a(b, true",
  })
  void matchesAWholePath(String pattern, String path, boolean matches) {
    assertEquals(matches, PathPattern.of(pattern).matches(path));
  }

  @Test
  void aPathIsShownWithTheStarsOfThePattern() {
    assertEquals("blocks.*.fc1", PathPattern.of("blocks.*.fc2").alike("blocks.7.fc1"));
    assertEquals("blocks.7.fc1", PathPattern.of("blocks.**").alike("blocks.7.fc1"));
    assertEquals("fc1", PathPattern.of("fc2").alike("fc1"));
  }
}
