package dev.bitfold.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that the page of public types lists exactly the types that the sources declare. */
@Tag("any-jdk")
class ApiPageTest {
  private static final Path RUNTIME = Path.of("..");
  private static final Path PAGE = Path.of("../../docs/api.md");

  /** Modules that are not published, or have no classes. */
  private static final Set<String> UNPUBLISHED = Set.of("benchmarks", "integration-tests");

  private static final Set<String> AUDIENCES = Set.of("users", "generated code", "engines");
  private static final Pattern PUBLIC =
      Pattern.compile(
          "^public (?:(?:abstract|final|sealed|non-sealed|strictfp) )*"
              + "(?:class|interface|record|enum|@interface) (\\w+)",
          Pattern.MULTILINE);
  private static final Pattern PACKAGE =
      Pattern.compile("^package (dev\\.bitfold[\\w.]*);", Pattern.MULTILINE);
  private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| ([^|]+) \\| ([^|]+) \\|");

  @Test
  void everyPublicTypeIsListedOnceInItsPackage() throws IOException {
    Set<String> declared = declared();
    assertTrue(declared.contains("dev.bitfold.Plan"), "the sources are where they are looked for");
    assertEquals(String.join("\n", declared), String.join("\n", listed()));
  }

  private static Set<String> declared() throws IOException {
    Set<String> types = new TreeSet<>();
    try (Stream<Path> modules = Files.list(RUNTIME)) {
      for (Path module : modules.toList()) {
        Path sources = module.resolve("src/main");
        if (Files.isDirectory(sources) && !UNPUBLISHED.contains(module.getFileName().toString())) {
          try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
              addPublic(Files.readString(file), types);
            }
          }
        }
      }
    }
    types.removeIf(type -> type.startsWith("dev.bitfold.internal."));
    return types;
  }

  private static void addPublic(String source, Set<String> types) {
    Matcher type = PUBLIC.matcher(source);
    Matcher room = PACKAGE.matcher(source);
    if (type.find() && room.find()) {
      types.add(room.group(1) + "." + type.group(1));
    }
  }

  private static Set<String> listed() throws IOException {
    Set<String> types = new TreeSet<>();
    String room = "";
    List<String> lines = Files.readAllLines(PAGE);
    for (String line : lines) {
      if (line.startsWith("### ")) {
        room = line.substring(4);
      }
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        assertTrue(AUDIENCES.contains(row.group(2)), line);
        assertTrue(types.add(room + "." + row.group(1)), "twice: " + line);
      }
    }
    return types;
  }

  @Test
  void usersComeFirstInEachPackage() throws IOException {
    List<String> order = List.of("users", "generated code", "engines");
    for (String section : Files.readString(PAGE).split("### ", -1)) {
      List<Integer> ranks =
          section
              .lines()
              .map(ROW::matcher)
              .filter(Matcher::matches)
              .map(row -> order.indexOf(row.group(2)))
              .collect(Collectors.toList());
      assertEquals(ranks.stream().sorted().toList(), ranks, section.lines().findFirst().orElse(""));
    }
  }
}
