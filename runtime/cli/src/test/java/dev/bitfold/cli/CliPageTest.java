package dev.bitfold.cli;

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
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The page's commands are those of the program. */
class CliPageTest {
  private static final Path PAGE = Path.of("../../docs/cli.md");

  private static String page() throws IOException {
    return Files.readString(PAGE).replace("\\\n", " ");
  }

  @Test
  void everyCommandOnThePageIsTaken() throws IOException {
    List<String> commands =
        page()
            .lines()
            .filter(line -> line.startsWith("java -jar "))
            .map(line -> line.replaceFirst("#.*", "").strip())
            .toList();

    assertEquals(6, commands.size());
    for (String command : commands) {
      String[] words = command.split("\\s+");
      assertTrue(words[2].matches("bitfold-cli-0\\.1\\.0-SNAPSHOT-(linux-x86_64|all)\\.jar"));
      Bitfold.commandLine()
          .parseArgs(List.of(words).subList(3, words.length).toArray(String[]::new));
    }
  }

  @Test
  void everyOptionIsOnThePageAndEveryOptionOnThePageExists() throws IOException {
    Set<String> known = new TreeSet<>();
    for (CommandLine command : Bitfold.commandLine().getSubcommands().values()) {
      command.getCommandSpec().options().forEach(o -> known.addAll(List.of(o.names())));
    }
    known.removeIf(
        name -> !name.startsWith("--") || Set.of("--version", "--output").contains(name));
    Set<String> written = new TreeSet<>();
    Matcher option = Pattern.compile("(?<![-\\w])--[a-z][-a-z]*").matcher(page());
    while (option.find()) {
      written.add(option.group());
    }

    assertEquals(String.join("\n", known), String.join("\n", written));
  }
}
