package ocr;

import ai.onnxruntime.OrtException;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads pages: the detector finds lines, the classifier turns them, the recognizer reads them. */
final class PageReader implements AutoCloseable {
  static final int LINE_HEIGHT = 48;
  static final int LINE_WIDTH = 320;
  static final int TURNED_WIDTH = 192;

  private final Net detector;
  private final Net classifier;
  private final Net recognizer;
  private final Alphabet alphabet;

  PageReader(Path detector, Path classifier, Path recognizer, Alphabet alphabet)
      throws OrtException {
    this.detector = new Net(detector);
    this.classifier = new Net(classifier);
    this.recognizer = new Net(recognizer);
    this.alphabet = alphabet;
  }

  /** Returns the lines of a page, from the top. */
  List<String> read(BufferedImage page) throws OrtException {
    float[] map =
        detector.run(Pixels.PAGE.of(List.of(page), page.getHeight(), page.getWidth()));
    List<String> lines = new ArrayList<>();
    for (Rectangle box : Boxes.of(map, page.getWidth())) {
      BufferedImage line = page.getSubimage(box.x, box.y, box.width, box.height);
      float[] turned = classifier.run(Pixels.LINE.of(List.of(line), LINE_HEIGHT, TURNED_WIDTH));
      BufferedImage upright = turned[1] > 0.9f ? turned(line) : line;
      int width = Math.max(LINE_WIDTH, LINE_HEIGHT * box.width / box.height + 8);
      lines.add(
          alphabet.text(recognizer.run(Pixels.LINE.of(List.of(upright), LINE_HEIGHT, width))));
    }
    return lines;
  }

  private static BufferedImage turned(BufferedImage line) {
    BufferedImage turned =
        new BufferedImage(line.getWidth(), line.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = turned.createGraphics();
    graphics.rotate(Math.PI, line.getWidth() / 2.0, line.getHeight() / 2.0);
    graphics.drawImage(line, 0, 0, null);
    graphics.dispose();
    return turned;
  }

  @Override
  public void close() throws OrtException {
    detector.close();
    classifier.close();
    recognizer.close();
  }
}
