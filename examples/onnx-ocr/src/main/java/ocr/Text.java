package ocr;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.TextLayout;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Draws lines and pages of text, whose truth is therefore known. The same seed draws the same. */
final class Text {
  private static final String[] WORDS =
      ("invoice total amount order number date customer address street garden river mountain bridge"
              + " window market school music summer winter paper copper silver golden quiet rapid"
              + " simple modern central north eastern western delivery payment receipt account"
              + " balance service quality product version system network station airport hotel"
              + " coffee orange bread butter yellow purple house kitchen library museum theatre"
              + " journey Tuesday Friday August October London Berlin Madrid Vienna Dublin Oslo")
          .split(" ");
  private static final String[] FONTS = {Font.SANS_SERIF, Font.SERIF, Font.MONOSPACED};

  private final Random random;

  Text(long seed) {
    this.random = new Random(seed);
  }

  /**
   * A line of text and its picture.
   *
   * @param text what is written
   * @param image of the line alone
   */
  record Line(String text, BufferedImage image) {}

  /** Draws so many lines. */
  List<Line> lines(int count) {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = words(1 + random.nextInt(3));
      lines.add(new Line(text, line(text, font(28 + random.nextInt(14)))));
    }
    return lines;
  }

  private BufferedImage line(String text, Font font) {
    Graphics2D measured = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    Rectangle2D bounds = new TextLayout(text, font, measured.getFontRenderContext()).getBounds();
    measured.dispose();
    int margin = 4 + random.nextInt(6);
    BufferedImage image = paper((int) bounds.getWidth() + 2 * margin, font.getSize() + 2 * margin);
    draw(image, text, font, margin, margin + (int) (0.85 * font.getSize()));
    return image;
  }

  /**
   * A page of text.
   *
   * @param lines what is written, from the top
   * @param image of the page
   */
  record Page(List<String> lines, BufferedImage image) {}

  /** Draws a page of lines. */
  Page page(int width, int height) {
    BufferedImage page = paper(width, height);
    List<String> lines = new ArrayList<>();
    int y = 20 + random.nextInt(20);
    while (true) {
      Font font = font(14 + random.nextInt(20));
      y += font.getSize();
      if (y > height - 10) {
        return new Page(lines, page);
      }
      String text = words(1 + random.nextInt(4));
      lines.add(text);
      draw(page, text, font, 10 + random.nextInt(width / 3), y);
      y += 8 + random.nextInt(24);
    }
  }

  private String words(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ");
      text.append(
          switch (random.nextInt(5)) {
            case 0 -> String.valueOf(random.nextInt(100_000));
            case 1 -> String.format("%d.%02d", random.nextInt(1000), random.nextInt(100));
            default -> WORDS[random.nextInt(WORDS.length)];
          });
    }
    return text.toString();
  }

  private Font font(int size) {
    int style = random.nextBoolean() ? Font.PLAIN : Font.BOLD;
    return new Font(FONTS[random.nextInt(FONTS.length)], style, size);
  }

  private BufferedImage paper(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(colour(200));
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    return image;
  }

  private void draw(BufferedImage image, String text, Font font, int x, int y) {
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setFont(font);
    graphics.setColor(colour(0));
    graphics.drawString(text, x, y);
    graphics.dispose();
  }

  /** A colour whose parts are up to 55 above the least one. */
  private Color colour(int least) {
    return new Color(
        least + random.nextInt(56), least + random.nextInt(56), least + random.nextInt(56));
  }
}
