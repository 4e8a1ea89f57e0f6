package ocr;

import java.awt.Rectangle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Finds the lines in what the detector yields: a likelihood of text for each pixel, which was
 * trained to be less high and wide than the text.
 */
final class Boxes {
  private static final float THRESHOLD = 0.3f;
  private static final int LEAST = 12;

  /** The distance by which a box grows, over its area divided by its circumference. */
  private static final double GROWTH = 1.6;

  private final float[] map;
  private final int width;
  private final boolean[] seen;

  private Boxes(float[] map, int width) {
    this.map = map;
    this.width = width;
    this.seen = new boolean[map.length];
  }

  /** Returns the boxes of a map [height, width], from the top. */
  static List<Rectangle> of(float[] map, int width) {
    Boxes boxes = new Boxes(map, width);
    List<Rectangle> found = new ArrayList<>();
    for (int i = 0; i < map.length; i++) {
      if (boxes.isText(i)) {
        Rectangle box = boxes.around(i);
        if (box.width * box.height >= LEAST) {
          found.add(grown(box, width, map.length / width));
        }
      }
    }
    found.sort(Comparator.comparingDouble(Rectangle::getCenterY));
    return found;
  }

  private boolean isText(int i) {
    return map[i] > THRESHOLD && !seen[i];
  }

  /** Follows the text around a pixel. */
  private Rectangle around(int start) {
    Rectangle box = new Rectangle(start % width, start / width, 1, 1);
    Deque<Integer> open = new ArrayDeque<>(List.of(start));
    seen[start] = true;
    while (!open.isEmpty()) {
      int at = open.remove();
      box.add(new Rectangle(at % width, at / width, 1, 1));
      for (int next : new int[] {at - width, at - 1, at + 1, at + width}) {
        boolean sameRow = Math.abs(next - at) == width || next / width == at / width;
        if (next >= 0 && next < map.length && sameRow && isText(next)) {
          seen[next] = true;
          open.add(next);
        }
      }
    }
    return box;
  }

  private static Rectangle grown(Rectangle box, int width, int height) {
    int by =
        (int) Math.ceil(GROWTH * box.width * box.height / (2.0 * (box.width + box.height)));
    box.grow(by, by);
    return box.intersection(new Rectangle(0, 0, width, height));
  }
}
