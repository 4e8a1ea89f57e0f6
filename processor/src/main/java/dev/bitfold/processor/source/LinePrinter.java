package dev.bitfold.processor.source;

import java.util.List;

/** Prints documents into lines of at most {@link #COLUMNS} columns, where their breaks allow it. */
final class LinePrinter {
  static final int COLUMNS = 100;

  private final StringBuilder out = new StringBuilder();
  private int column;

  /** Prints a document on lines of its own. */
  void print(int indent, Doc doc) {
    append(" ".repeat(indent));
    print(doc, indent, 0);
    endLine();
  }

  void endLine() {
    out.append('\n');
    column = 0;
  }

  @Override
  public String toString() {
    return out.toString();
  }

  /**
   * Prints a document.
   *
   * @param indent the indentation of further lines
   * @param after the columns of the text that follows without a break
   */
  private void print(Doc doc, int indent, int after) {
    if (doc instanceof Doc.Text text) {
      append(text.text());
    } else if (doc instanceof Doc.Break space) {
      append(space.flat());
    } else if (doc instanceof Doc.Level level) {
      if (column + level.width() + after <= COLUMNS) {
        level.docs().forEach(d -> print(d, indent, 0));
      } else {
        printBroken(level.docs(), indent + level.indent(), after);
      }
    }
  }

  private void printBroken(List<Doc> docs, int indent, int after) {
    boolean room = column + widthToBreak(docs, 0, after) <= COLUMNS;
    for (int i = 0; i < docs.size(); i++) {
      if (docs.get(i) instanceof Doc.Break space) {
        int next = widthToBreak(docs, i + 1, after);
        if (!space.fill() || !room || column + space.width() + next > COLUMNS) {
          endLine();
          append(" ".repeat(indent));
        } else {
          append(space.flat());
        }
        room = column + next <= COLUMNS;
      } else {
        print(docs.get(i), indent, textAfter(docs, i + 1, after));
      }
    }
  }

  /**
   * Returns the number of columns up to the next break of the level, with inner levels unbroken.
   */
  private static int widthToBreak(List<Doc> docs, int from, int after) {
    int width = 0;
    for (Doc doc : docs.subList(from, docs.size())) {
      if (doc instanceof Doc.Break) {
        return width;
      }
      width += doc.width();
    }
    return width + after;
  }

  /** Returns the number of columns up to the next break of any level. */
  private static int textAfter(List<Doc> docs, int from, int after) {
    int width = 0;
    for (Doc doc : docs.subList(from, docs.size())) {
      if (doc instanceof Doc.Break) {
        return width;
      } else if (doc instanceof Doc.Level level) {
        return width + textAfter(level.docs(), 0, 0);
      }
      width += doc.width();
    }
    return width + after;
  }

  private void append(String text) {
    out.append(text);
    column += text.length();
  }
}
