package dev.bitfold.processor.source;

import java.util.List;

/**
 * Represents text with places where its lines may end. A level is printed on one line if it fits.
 * Otherwise its breaks end lines, and each level inside of it is handled in the same way (after
 * Oppen, "Prettyprinting", 1980).
 */
sealed interface Doc {
  /** Returns the number of columns on one line. */
  int width();

  /** Holds characters that stay together. */
  record Text(String text) implements Doc {
    @Override
    public int width() {
      return text.length();
    }
  }

  /**
   * Marks a place where a line may end.
   *
   * @param flat the text that is printed if the line does not end
   * @param fill whether the line ends only if the following text does not fit; otherwise all breaks
   *     of a level end lines together
   */
  record Break(String flat, boolean fill) implements Doc {
    static final Break EMPTY = new Break("", false);
    static final Break SPACE = new Break(" ", false);
    static final Break FILL = new Break("", true);
    static final Break FILL_SPACE = new Break(" ", true);

    @Override
    public int width() {
      return flat.length();
    }
  }

  /**
   * Holds text that is printed on one line or broken.
   *
   * @param indent the additional indentation of its further lines, in columns
   */
  record Level(int indent, List<Doc> docs, int width) implements Doc {
    Level(int indent, List<Doc> docs) {
      this(indent, List.copyOf(docs), docs.stream().mapToInt(Doc::width).sum());
    }

    static Level of(int indent, Doc... docs) {
      return new Level(indent, List.of(docs));
    }
  }
}
