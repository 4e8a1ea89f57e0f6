package dev.bitfold.processor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The pages of {@code docs/diagnostics}: an entry for each id, with wrong and right code. In wrong
 * code a comment {@code // ^ QZ012} points at the place above it.
 */
final class DiagnosticsPages {
  static final Path FOLDER = Path.of("../docs/diagnostics");

  /** Lists all ids, and holds what the snippets share. */
  static final Path INDEX = FOLDER.resolve("README.md");

  /** The names of the pages with entries, in the order of the index. */
  private static final List<String> PAGES =
      List.of(
          "processor",
          "class",
          "rebuilding",
          "tensors",
          "quantizers",
          "forward",
          "models",
          "mixins",
          "descriptors",
          "folding",
          "onnx");

  private static final String TABLE = "## All ids\n";
  private static final Pattern CARET = Pattern.compile("^//( *)\\^ (QZ\\d{3})$");

  /** An entry: the page's file and first heading, and the entry's own id and heading. */
  record Entry(Path file, String section, String id, String title, List<List<String>> snippets) {
    List<String> wrong() {
      return snippets.get(0);
    }

    List<String> right() {
      return snippets.get(1);
    }

    /** The entry's row of the index, with the anchor that GitHub gives its heading. */
    String row() {
      String anchor =
          (id + " " + title)
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N} _-]", "")
              .replace(' ', '-');
      return "| [%s](%s#%s) | %s | %s |".formatted(id, file.getFileName(), anchor, title, section);
    }

    @Override
    public String toString() {
      return id;
    }
  }

  /** What a caret says: a line of the snippet without its carets, a column, an id. */
  record Mark(long line, long column, String id) {}

  private DiagnosticsPages() {}

  /** The imports that the snippets leave out. */
  static List<String> imports() throws IOException {
    return blocks(INDEX).get(0);
  }

  /** The types that all snippets use. */
  static String prelude() throws IOException {
    return String.join("\n", blocks(INDEX).get(1));
  }

  static Map<String, Entry> entries() throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (String page : PAGES) {
      Path file = FOLDER.resolve(page + ".md");
      String[] parts = Files.readString(file, StandardCharsets.UTF_8).split("(?m)^(?=## )");
      String section = parts[0].lines().findFirst().orElseThrow().substring("# ".length());
      for (String part : List.of(parts).subList(1, parts.length)) {
        String[] heading = part.lines().findFirst().orElseThrow().split(" ", 3);
        Entry entry = new Entry(file, section, heading[1], heading[2], blocks(part));
        if (entries.put(entry.id(), entry) != null) {
          throw new IllegalStateException(entry.id() + " has two entries");
        }
      }
    }
    return entries;
  }

  /** The index with a row for each entry. */
  static String index() throws IOException {
    String old = Files.readString(INDEX, StandardCharsets.UTF_8);
    StringBuilder page = new StringBuilder(old.substring(0, old.indexOf(TABLE))).append(TABLE);
    page.append("\n| id | what is wrong | page |\n|---|---|---|\n");
    for (Entry entry : entries().values()) {
      page.append(entry.row()).append('\n');
    }
    return page.toString();
  }

  private static List<List<String>> blocks(Path file) throws IOException {
    return blocks(Files.readString(file, StandardCharsets.UTF_8));
  }

  /** The Java code in a text, a list of lines for each block. */
  private static List<List<String>> blocks(String markdown) {
    return Pattern.compile("(?ms)^```java\n(.*?)\n```$")
        .matcher(markdown)
        .results()
        .map(block -> block.group(1).lines().toList())
        .toList();
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
