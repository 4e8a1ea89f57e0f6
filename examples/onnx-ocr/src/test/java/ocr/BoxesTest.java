package ocr;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.Rectangle;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoxesTest {
  private static final int WIDTH = 40;
  private static final int HEIGHT = 30;

  private final float[] map = new float[WIDTH * HEIGHT];

  private void text(int x, int y, int width, int height) {
    for (int row = y; row < y + height; row++) {
      for (int column = x; column < x + width; column++) {
        map[row * WIDTH + column] = 0.9f;
      }
    }
  }

  @Test
  void boxesGrowAndComeFromTheTop() {
    text(4, 20, 20, 3);
    text(10, 6, 12, 4);
    // By 1.6 times area over circumference, rounded up: of 48 over 32, and of 60 over 46.
    assertEquals(
        List.of(new Rectangle(7, 3, 18, 10), new Rectangle(1, 17, 26, 9)),
        Boxes.of(map, WIDTH));
  }

  @Test
  void boxesStayOnThePageAndSpecksAreNone() {
    text(0, 0, 12, 4);
    text(30, 25, 3, 3);
    text(39, 10, 1, 1);
    text(0, 11, 1, 1);
    assertEquals(List.of(new Rectangle(0, 0, 15, 7)), Boxes.of(map, WIDTH));
  }

  @Test
  void whatTouchesAtTheEdgesOfTwoRowsIsNotOneBox() {
    text(30, 10, 10, 4);
    text(0, 11, 10, 4);
    assertEquals(2, Boxes.of(map, WIDTH).size());
  }
}
