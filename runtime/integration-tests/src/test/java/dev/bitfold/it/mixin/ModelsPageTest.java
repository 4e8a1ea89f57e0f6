package dev.bitfold.it.mixin;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that docs/models.md shows the mix-ins that these tests quantize with. */
@Tag("any-jdk")
class ModelsPageTest {
  private static final Path PAGE = Path.of("..", "..", "docs", "models.md");
  private static final Path SOURCES =
      Path.of("src", "test", "java", "dev", "bitfold", "it", "mixin");

  @ParameterizedTest
  @ValueSource(strings = {"LinearMixIn", "GainMixIn", "MlpMixIn", "Net"})
  void thePageShowsThisCode(String name) throws IOException {
    String source = Files.readString(SOURCES.resolve(name + ".java"));
    String type = source.substring(source.indexOf("/**"));
    assertTrue(Files.readString(PAGE).contains("```java\n" + type + "```\n"), type);
  }
}
