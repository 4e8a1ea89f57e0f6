package dev.bitfold.processor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code docs/diagnostics.md}: an entry for each id, with wrong and right code. In wrong code a
 * comment {@code // ^ QZ012} points at the place above it.
 */
final class DiagnosticsPage {
  static final Path FILE = Path.of("../docs/diagnostics.md");
  private static final Pattern CARET = Pattern.compile("^//( *)\\^ (QZ\\d{3})$");

  /** An entry. */
  record Entry(String id, List<List<String>> snippets) {
    List<String> wrong() {
      return snippets.get(0);
    }

    List<String> right() {
      return snippets.get(1);
    }

    @Override
    public String toString() {
      return id;
    }
  }

  /** What a caret says: a line of the snippet without its carets, a column, an id. */
  record Mark(long line, long column, String id) {}

  private DiagnosticsPage() {}

  /** The types that all snippets use. */
  static String prelude() throws IOException {
    List<String> lines = Files.readAllLines(FILE, StandardCharsets.UTF_8);
    List<String> block = new ArrayList<>();
    for (int i = lines.indexOf("```java") + 1; !lines.get(i).equals("```"); i++) {
      block.add(lines.get(i));
    }
    return String.join("\n", block);
  }

  static Map<String, Entry> entries() throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Entry entry = null;
    List<String> snippet = null;
    for (String line : Files.readAllLines(FILE, StandardCharsets.UTF_8)) {
      if (line.startsWith("### ")) {
        entry = new Entry(line.substring(4, 9), new ArrayList<>());
        if (entries.put(entry.id(), entry) != null) {
          throw new IllegalStateException(entry.id() + " has two entries");
        }
      } else if (line.equals("```java") && entry != null) {
        snippet = new ArrayList<>();
      } else if (line.equals("```") && entry != null && snippet != null) {
        entry.snippets().add(snippet);
        snippet = null;
      } else if (snippet != null) {
        snippet.add(line);
      }
    }
    return entries;
  }

  static List<String> withoutMarks(List<String> snippet) {
    return snippet.stream().filter(line -> !CARET.matcher(line).matches()).toList();
  }

  static List<Mark> marks(List<String> snippet) {
    List<Mark> marks = new ArrayList<>();
    int line = 0;
    for (String text : snippet) {
      Matcher caret = CARET.matcher(text);
      if (caret.matches()) {
        marks.add(new Mark(line, caret.group(1).length() + 3, caret.group(2)));
      } else {
        line++;
      }
    }
    return marks;
  }

  /** The snippet with a caret for each mark. */
  static List<String> withMarks(List<String> snippet, List<Mark> marks) {
    List<String> marked = new ArrayList<>();
    List<String> plain = withoutMarks(snippet);
    for (int i = 0; i < plain.size(); i++) {
      marked.add(plain.get(i));
      for (Mark mark : marks) {
        if (mark.line() == i + 1) {
          marked.add("//" + " ".repeat((int) Math.max(0, mark.column() - 3)) + "^ " + mark.id());
        }
      }
    }
    return marked;
  }
}
