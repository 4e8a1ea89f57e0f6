package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that a report becomes. */
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
  void aFolderThatIsMissingIsNamedAndNothingIsLeft() throws IOException {
    Path file = folder.resolve("no/report.html");

    IOException e =
        assertThrows(IOException.class, () -> HtmlReport.write(Reports.sixLayers(), file));

    assertTrue(String.valueOf(e.getMessage()).contains("no"), e.toString());
    assertFalse(Files.exists(folder.resolve("no")));
  }
}
