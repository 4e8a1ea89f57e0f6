package dev.bitfold.cli.input;

import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.data.Feeds;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes batches [N, C, H, W] of images: {@code (value / 255 - mean) / std} of each channel.
 *
 * @param mean one value, or one a channel, in the order of the channels
 * @param std likewise
 * @param bgr whether the channels are blue, green, red
 * @param pad whether an image keeps its proportions and gets zeros to the right of it or below
 */
record ImageFeeds(
    Path folder,
    int height,
    int width,
    List<Double> mean,
    List<Double> std,
    boolean bgr,
    boolean pad) {
  private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif");

  Feeds read(List<FeedInput> inputs, int rows, long bytes) throws IOException {
    if (inputs.size() != 1 || inputs.get(0).shape().size() != 4) {
      throw new BadInputException(
          folder
              + ": images need a model with one input of shape [N, C, H, W]; the inputs are "
              + inputs
              + "; bind others with --bind");
    }
    FeedInput input = inputs.get(0);
    long channels = input.shape().get(1) == FeedInput.OPEN ? 3 : input.shape().get(1);
    if (channels != 1 && channels != 3) {
      throw new BadInputException(
          folder + ": images have 1 or 3 channels; the model's input is " + input);
    }
    check("--mean", mean, channels);
    check("--std", std, channels);
    List<Path> files = files();
    long each = Math.max(1, bytes / (4 * channels * height * width));
    int fixed = (int) Math.max(0, input.shape().get(0));
    int size = fixed > 0 ? fixed : (int) Math.min(rows, each);
    // A model with a fixed batch takes no smaller one.
    int end = fixed > 0 ? files.size() / fixed * fixed : files.size();
    if (end == 0) {
      throw new BadInputException(
          folder + ": holds " + files.size() + " images; the model takes " + fixed + " at once");
    }
    List<List<Path>> batches = new ArrayList<>();
    for (int from = 0; from < end; from += size) {
      batches.add(files.subList(from, Math.min(from + size, end)));
    }
    return Feeds.of(
        () -> {
          Iterator<List<Path>> parts = batches.iterator();
          return new Iterator<Map<String, INDArray>>() {
            @Override
            public boolean hasNext() {
              return parts.hasNext();
            }

            @Override
            public Map<String, INDArray> next() {
              return Map.of(input.name(), batch(parts.next(), (int) channels));
            }
          };
        });
  }

  private static void check(String option, List<Double> values, long channels) {
    if (values.size() != 1 && values.size() != channels) {
      throw new BadInputException(
          option + " has " + values.size() + " values for " + channels + " channels");
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(folder)) {
      if (!Files.exists(folder)) {
        throw new NoSuchFileException(folder.toString());
      }
      throw new BadInputException(folder + ": is not a folder of images");
    }
    try (Stream<Path> paths = Files.list(folder)) {
      List<Path> files =
          paths
              .filter(
                  path -> {
                    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
                    return ENDINGS.stream().anyMatch(name::endsWith);
                  })
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new BadInputException(
            folder + ": holds no image; PNG, JPEG, BMP and GIF files are read");
      }
      return files;
    }
  }

  private INDArray batch(List<Path> files, int channels) {
    float[] values = new float[files.size() * channels * height * width];
    for (int i = 0; i < files.size(); i++) {
      put(files.get(i), values, i * channels * height * width, channels);
    }
    return Nd4j.create(values, new long[] {files.size(), channels, height, width}, 'c');
  }

  private void put(Path file, float[] values, int offset, int channels) {
    BufferedImage image = image(file);
    double scale = Math.min((double) width / image.getWidth(), (double) height / image.getHeight());
    int w = pad ? Math.max(1, Math.min(width, (int) Math.ceil(image.getWidth() * scale))) : width;
    int h =
        pad ? Math.max(1, Math.min(height, (int) Math.ceil(image.getHeight() * scale))) : height;
    BufferedImage sized = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sized.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(image, 0, 0, w, h, null);
    graphics.dispose();
    int[] pixels = sized.getRGB(0, 0, w, h, null, 0, w);
    for (int c = 0; c < channels; c++) {
      double m = mean.get(Math.min(c, mean.size() - 1));
      double s = std.get(Math.min(c, std.size() - 1));
      for (int y = 0; y < h; y++) {
        int to = offset + (c * height + y) * width;
        for (int x = 0; x < w; x++) {
          values[to + x] = (float) ((value(pixels[y * w + x], c, channels) / 255 - m) / s);
        }
      }
    }
  }

  /** Returns a channel of a pixel; of one channel, the luminance of ITU-R BT.601. */
  private double value(int rgb, int channel, int channels) {
    int red = rgb >> 16 & 0xff;
    int green = rgb >> 8 & 0xff;
    int blue = rgb & 0xff;
    if (channels == 1) {
      return 0.299 * red + 0.587 * green + 0.114 * blue;
    }
    return switch (bgr ? 2 - channel : channel) {
      case 0 -> red;
      case 1 -> green;
      default -> blue;
    };
  }

  private static BufferedImage image(Path file) {
    @Nullable BufferedImage image;
    try {
      image = ImageIO.read(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (image == null) {
      throw new BadInputException(file + ": is not an image that can be read");
    }
    return image;
  }
}
