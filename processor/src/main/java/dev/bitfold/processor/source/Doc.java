package dev.bitfold.processor.source;

import java.util.List;

/**
 * Text with places where its lines may end. A level stands on one line if there is room for it;
 * else its breaks end lines, and the levels inside of it are asked in turn (after Oppen,
 * "Prettyprinting", 1980).
 */
sealed interface Doc {
  /** Returns the number of columns on one line. */
  int width();

  /** Characters that stay together. */
  record Text(String text) implements Doc {
    @Override
    public int width() {
      return text.length();
    }
  }

  /**
   * A place where a line may end.
   *
   * @param flat what stands there if it does not end
   * @param fill whether it ends only if what follows has no room; else all breaks of a level go
   *     together
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
   * What stands on one line or is broken.
   *
   * @param indent the columns by which its further lines are indented more than those around it
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
