package ocr;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes tensors [images, 3, height, width] of pictures, blue first, as PP-OCR was trained:
 * {@code (value / 255 - mean) / deviation}.
 */
enum Pixels {
  /** For lines. */
  LINE(new float[] {0.5f, 0.5f, 0.5f}, new float[] {0.5f, 0.5f, 0.5f}),
  /** For pages. */
  PAGE(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});

  private final float[] mean;
  private final float[] deviation;

  Pixels(float[] mean, float[] deviation) {
    this.mean = mean;
    this.deviation = deviation;
  }

  /** Scales pictures to a height; what is narrower than the width is followed by zeros. */
  INDArray of(List<BufferedImage> images, int height, int width) {
    float[] values = new float[images.size() * 3 * height * width];
    for (int i = 0; i < images.size(); i++) {
      put(scaled(images.get(i), height, width), values, i * 3 * height * width, height, width);
    }
    return Nd4j.createFromArray(values).reshape(images.size(), 3, height, width);
  }

  private static BufferedImage scaled(BufferedImage image, int height, int width) {
    int own = Math.round((float) height * image.getWidth() / image.getHeight());
    BufferedImage scaled =
        new BufferedImage(Math.min(width, own), height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = scaled.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.drawImage(image, 0, 0, scaled.getWidth(), height, null);
    graphics.dispose();
    return scaled;
  }

  private void put(BufferedImage image, float[] to, int from, int height, int width) {
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          int value = image.getRGB(x, y) >> (8 * channel) & 0xFF;
          to[from + (channel * height + y) * width + x] =
              (value / 255f - mean[channel]) / deviation[channel];
        }
      }
    }
  }
}
