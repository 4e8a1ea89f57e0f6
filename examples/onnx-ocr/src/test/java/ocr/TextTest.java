package ocr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class TextTest {
  @Test
  void theSameSeedDrawsTheSame() {
    List<Text.Line> lines = new Text(7).lines(3);
    List<Text.Line> again = new Text(7).lines(3);
    for (int i = 0; i < lines.size(); i++) {
      assertEquals(lines.get(i).text(), again.get(i).text());
      assertArrayEquals(pixels(lines.get(i).image()), pixels(again.get(i).image()));
    }
  }

  @Test
  void aLineIsInkOnPaperAndZerosBehindIt() {
    BufferedImage image = new Text(7).lines(1).get(0).image();
    INDArray x = Pixels.LINE.of(List.of(image), 48, 4000);
    assertArrayEquals(new long[] {1, 3, 48, 4000}, x.shape());
    assertTrue(x.minNumber().floatValue() < -0.5f);
    assertTrue(x.maxNumber().floatValue() > 0.5f);
    assertEquals(0, x.getFloat(0, 0, 20, 3999));
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }
}
