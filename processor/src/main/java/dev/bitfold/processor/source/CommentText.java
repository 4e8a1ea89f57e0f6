package dev.bitfold.processor.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Breaks the text of comments into lines. */
final class CommentText {
  private static final String LINE = "// ";

  private CommentText() {}

  /** Returns the lines of a comment that ends at the end of its line. */
  static List<String> line(String comment, int columns) {
    List<String> lines = new ArrayList<>();
    fill(comment.substring(2).strip(), LINE, LINE, columns, lines);
    return lines;
  }

  /** Returns the lines of a Javadoc comment. */
  static List<String> javadoc(String comment, int columns) {
    List<Paragraph> paragraphs = paragraphs(comment.substring(3, comment.length() - 2));
    if (paragraphs.size() == 1 && !paragraphs.get(0).text().startsWith("@")) {
      String line = "/** " + paragraphs.get(0).text() + " */";
      if (line.length() <= columns) {
        return List.of(line);
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("/**");
    for (Paragraph paragraph : paragraphs) {
      if (paragraph.apart() && lines.size() > 1) {
        lines.add(" *");
      }
      String first = " * " + " ".repeat(paragraph.indent());
      fill(paragraph.text(), first, first + " ".repeat(paragraph.hanging()), columns, lines);
    }
    lines.add(" */");
    return lines;
  }

  /**
   * Holds text that begins on a line of its own.
   *
   * @param apart whether an empty line precedes it
   */
  private record Paragraph(String text, boolean apart) {
    boolean starts(String tag) {
      return text.toLowerCase(Locale.ROOT).startsWith(tag);
    }

    int indent() {
      return starts("<li>") ? 2 : 0;
    }

    int hanging() {
      return starts("<li>") || starts("@") ? 4 : 0;
    }

    /** Returns whether a line with this text belongs to the paragraph. */
    boolean goesOn(String line) {
      return !starts("<ul>") && !starts("</ul>") && !line.startsWith("<") && !line.startsWith("@");
    }
  }

  private static List<Paragraph> paragraphs(String content) {
    List<Paragraph> paragraphs = new ArrayList<>();
    boolean apart = false;
    for (String written : content.lines().toList()) {
      String line = written.strip().replaceFirst("^\\*+", "").strip();
      if (line.isEmpty()) {
        apart = true;
        continue;
      }
      int last = paragraphs.size() - 1;
      if (last >= 0 && !apart && paragraphs.get(last).goesOn(line)) {
        Paragraph begun = paragraphs.get(last);
        paragraphs.set(last, new Paragraph(begun.text() + " " + line, begun.apart()));
      } else {
        paragraphs.add(new Paragraph(line, apart));
      }
      apart = false;
    }
    return paragraphs;
  }

  private static void fill(
      String text, String first, String further, int columns, List<String> lines) {
    StringBuilder line = new StringBuilder(first);
    boolean empty = true;
    for (String word : text.split(" ", -1)) {
      if (!empty && line.length() + 1 + word.length() > columns) {
        lines.add(line.toString());
        line = new StringBuilder(further);
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    lines.add(line.toString());
  }
}
