package dev.bitfold.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A file of more than 400 lines holds more than one idea. */
@Tag("any-jdk")
class ClassSizeTest {
  private static final Path ROOT = Path.of("../..");
  private static final int LINES = 400;

  @Test
  void noSourceOfTheArtifactsHasMoreThan400Lines() throws IOException {
    Map<String, Integer> tooLong = new TreeMap<>();
    int files = 0;
    for (Path sources : sources()) {
      try (Stream<Path> all = Files.walk(sources)) {
        for (Path file : all.filter(f -> f.toString().endsWith(".java")).toList()) {
          files++;
          int lines = Files.readAllLines(file).size();
          if (lines > LINES) {
            tooLong.put(ROOT.relativize(file).toString(), lines);
          }
        }
      }
    }
    assertTrue(files > 300, "the sources are where they are looked for");
    assertEquals(Map.of(), tooLong);
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> runtime = Files.list(ROOT.resolve("runtime"))) {
      return Stream.concat(runtime, Stream.of(ROOT.resolve("processor")))
          .map(module -> module.resolve("src/main/java"))
          .filter(Files::isDirectory)
          .toList();
    }
  }
}
