package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks the files of a report. */
class HtmlReportTest {
  private final Path folder;

  HtmlReportTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void thePageStandsAlone() throws IOException {
    String html = HtmlReport.html(Reports.sixLayers());

    assertFalse(html.contains("/*DATA*/") || html.contains("/*CHART*/"), "all parts are filled in");
    assertFalse(html.matches("(?s).*(src|href)=\"(https?:)?//.*"), "nothing is loaded");
    assertTrue(html.contains("Chart.js v4"), "the library's licence line stays");
    assertEquals(4, html.split("</script>", -1).length - 1, "no data can end a script");
  }

  @Test
  void theJsonHoldsEveryNumber() throws IOException {
    Path file = folder.resolve("report.json");
    HtmlReport.writeJson(Reports.sixLayers(), file);

    JsonNode json = new ObjectMapper().readTree(file.toFile());

    assertEquals(7, json.path("layers").size());
    assertEquals(25.5, json.at("/layers/1/outputDb").asDouble());
    assertEquals(21, json.at("/layers/1/curve/alphas").size());
    assertTrue(json.at("/layers/6/inputDb").isNull());
  }

  @Test
  void theChartsAreImages() throws IOException {
    List<Path> files = ReportPlots.write(Reports.sixLayers(), folder.resolve("plots"));

    assertEquals(
        List.of("noise.png", "alpha.png", "channels.png"),
        files.stream().map(file -> file.getFileName().toString()).toList());
    for (Path file : files) {
      assertEquals(1200, ImageIO.read(file.toFile()).getWidth());
    }
    Report empty = Reports.empty();
    assertEquals(List.of(), ReportPlots.write(empty, folder));
  }

  @Test
  void theImagesHaveThePagesColours() throws IOException {
    String css = HtmlReport.html(Reports.sixLayers());
    ReportPlots.write(Reports.sixLayers(), folder);
    BufferedImage channels = ImageIO.read(folder.resolve("channels.png").toFile());

    // Of each layer "before" stands left of "after".
    assertEquals(List.of(color(css, "--b"), color(css, "--a")), leftToRight(channels, css));
  }

  private static int color(String css, String name) {
    Matcher matcher = Pattern.compile(name + ": #([0-9a-f]{6})").matcher(css);
    assertTrue(matcher.find(), name);
    return Integer.parseInt(matcher.group(1), 16);
  }

  /** The colours of the series in the order in which they first occur, above the legend. */
  private static List<Integer> leftToRight(BufferedImage image, String css) {
    Set<Integer> wanted = Set.of(color(css, "--a"), color(css, "--b"), color(css, "--c"));
    Set<Integer> found = new LinkedHashSet<>();
    for (int x = 0; x < image.getWidth(); x++) {
      for (int y = 0; y < image.getHeight() * 3 / 4; y++) {
        int rgb = image.getRGB(x, y) & 0xffffff;
        if (wanted.contains(rgb)) {
          found.add(rgb);
        }
      }
    }
    return List.copyOf(found);
  }

  @Test
  void aFolderThatIsMissingIsNamedAndNothingIsLeft() throws IOException {
    Path file = folder.resolve("no/report.html");

    IOException e =
        assertThrows(IOException.class, () -> HtmlReport.write(Reports.sixLayers(), file));

    assertTrue(String.valueOf(e.getMessage()).contains("no"), e.toString());
    assertFalse(Files.exists(folder.resolve("no")));
  }
}
