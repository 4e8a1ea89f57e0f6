package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/** Checks the page in a real browser; skipped with a message if there is no Chromium. */
@Tag("slow")
@Tag("any-jdk")
class BrowserTest {
  private static final String PAINTED =
      """
      const c = document.querySelector(arguments[0]);
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      const seen = new Set();
      for (let i = 0; i < d.length; i += 4)
        if (d[i + 3] > 200) seen.add(d[i] * 65536 + d[i + 1] * 256 + d[i + 2]);
      return seen.size;""";

  /** Numbers that are cut off by their cell, or that stand beside the page. */
  private static final String CLIPPED =
      """
      return [...document.querySelectorAll('td.number')].filter((cell) => cell.offsetParent)
        .filter((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          const box = range.getBoundingClientRect();
          return box.left < 0 || box.right > window.innerWidth || cell.scrollWidth > cell.clientWidth + 1;
        }).map((cell) => cell.dataset.label + ': ' + cell.textContent);""";

  private static ReportBrowser browser;

  @BeforeAll
  static void start(@TempDir Path folder) {
    browser = ReportBrowser.start(folder);
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() throws IOException {
    browser.emulate("light", "");
    browser.open(Reports.sixLayers(), 1300, 1000);
  }

  private static List<String> column(int index) {
    return browser.texts("#layers tbody tr td:nth-child(" + index + ")");
  }

  private static List<String> paths() {
    return browser.texts("#layers tbody th a");
  }

  private static List<Double> numbers(List<String> texts) {
    return texts.stream().filter(text -> !text.equals("–")).map(Double::valueOf).toList();
  }

  @Test
  void opensWithoutAWordOnTheConsoleAndEscapesItsTitle() {
    assertEquals("MiniLm </script><b>&amp;", browser.find("#title").getText());
    assertEquals("true", browser.find("html").getDomAttribute("data-ready"));
    browser.requireQuietConsole();
  }

  @Test
  void numbersSortFromTheLargestAndRowsWithoutOneStayLast() {
    browser.find("#layers th:nth-child(7) [role=button]").click();
    List<String> once = column(7);
    browser.find("#layers th:nth-child(7) [role=button]").click();
    List<String> twice = column(7);

    List<Double> ascending = numbers(once).stream().sorted().toList();
    assertEquals(ascending.stream().sorted(Comparator.reverseOrder()).toList(), numbers(once));
    assertEquals(ascending, numbers(twice));
    assertEquals("–", once.get(6));
    assertEquals("–", twice.get(6));
    browser.requireQuietConsole();
  }

  @Test
  void theKeyboardSortsAndTextSortsFromItsStart() {
    browser.find("#layers th:nth-child(2) [role=button]").sendKeys(Keys.ENTER);
    List<String> once = paths();
    browser.find("#layers th:nth-child(2) [role=button]").sendKeys(Keys.SPACE);

    assertEquals(once.stream().sorted().toList(), once);
    assertEquals(once.stream().sorted(Comparator.reverseOrder()).toList(), paths());
    assertEquals(
        "descending", browser.find("#layers th:nth-child(2)").getDomAttribute("aria-sort"));
  }

  @Test
  void theLayersWithTheLargestErrorComeFirst() {
    List<Double> errors = numbers(column(4));

    assertEquals(6, errors.size());
    assertEquals(errors.stream().sorted(Comparator.reverseOrder()).toList(), errors);
  }

  @Test
  void theSearchLeavesTheRowsThatHoldAllWords() {
    browser.find("#search").sendKeys("encoder FC");

    assertEquals(List.of("encoder.0.fc1", "encoder.0.fc2"), paths());
    assertEquals("2 layers of 7", browser.find("#found").getText());
  }

  @Test
  void everyChartIsDrawnWithUnitsAndItsBarsApart() {
    List<String> charts = browser.texts("canvas");
    assertEquals(5, charts.size());
    for (String chart : List.of("#noise", "#sizes", ".pair figure canvas", ".whole canvas")) {
      double colors = browser.number(PAINTED, chart);
      assertTrue(colors > 3, chart + " has " + colors + " colors");
    }
    assertEquals(
        0.0,
        browser.number(
            "return [...document.querySelectorAll('canvas')].map(Chart.getChart).filter((chart) =>"
                + " ['x', 'y'].some((a) => !chart.options.scales[a].title.text)).length"));
    double gap =
        browser.number(
            "const bars = Chart.getChart('sizes').getDatasetMeta(0).data;"
                + "return bars[1].x - bars[0].x - bars[0].width");
    assertTrue(gap >= 2, "bars are " + gap + " pixels apart");
    assertEquals(
        6.0 * 2 * 48, browser.number("return document.querySelectorAll('#map rect').length"));
  }

  @Test
  void aRowShowsItsLayerWithWhatEachCalibratorWouldCost() {
    browser.find("#layers tr[data-layer='5'] td").click();

    assertEquals("5", browser.find("#layer").getDomProperty("value"));
    assertEquals("encoder.0.fc2", browser.find("#detail h3").getText());
    assertTrue(browser.find("#detail table").getText().contains("int8 per O"));
    assertEquals(
        List.of("percentile 99.9", "4.25", "0.10", "1.87"),
        browser.texts("#detail .pair div:nth-child(2) tbody tr:nth-child(2) > *"));
    browser.requireQuietConsole();
  }

  @Test
  void whatALayerHasNotIsNotShown() {
    for (int row : new int[] {6, 0}) {
      browser.find("#layers tr[data-layer='" + row + "'] td").click();

      assertEquals(row == 6 ? 0 : 3, browser.texts("#detail canvas").size(), "row " + row);
    }
    browser.requireQuietConsole();
  }

  @Test
  void saysWhatWasMeasuredWhenOnWhatAndByWhat() throws IOException {
    assertEquals("not measured", browser.find("#tiles .value").getText());
    browser.open(Reports.longNames(), 1440, 1000);

    assertEquals(
        List.of("4.71 %", "22.7 MB", "64 of 75", "8.38 %"), browser.texts("#tiles .value"));
    assertEquals(
        List.of("256 sentences of STS 2012", "30 November 2026 at 16:40 UTC", "Bitfold 0.1.0"),
        browser.texts("#origin dd"));
  }

  @Test
  void adviceAndWhatStaysFloatAreTables() throws IOException {
    browser.open(Reports.longNames(), 1440, 1000);

    assertEquals(
        List.of("4.12→0.32", "21.54→0.87", "+73.7 kB"),
        browser.texts("#changes tbody tr:nth-child(2) td.number"));
    assertEquals("@SkipQuantize", browser.find("#changes tbody tr:nth-child(3) code").getText());
    assertEquals(
        List.of("encoder.layer.0.output.LayerNorm", "LayerNorm", "@SkipQuantize"),
        browser.texts("#skipped tbody tr:first-child > *"));
  }

  @Test
  void theFrontOfABudgetIsDrawnAndTheChosenPointIsOnIt() throws IOException {
    assertEquals(List.of(), browser.texts("#formats-section"), "there was no budget");
    browser.open(Reports.longNames(), 1440, 1000);

    assertTrue(browser.number(PAINTED, "#front") > 3, "nothing was drawn");
    assertEquals(
        List.of(7_480_000.0, 4.71),
        List.of(
            browser.number("return Chart.getChart('front').data.datasets[0].data[0].x"),
            browser.number("return Chart.getChart('front').data.datasets[0].data[0].y")));
    assertEquals(
        6.0, browser.number("return Chart.getChart('front').data.datasets[1].data.length"));
    assertEquals(
        7.0,
        browser.number(
            "const x = Chart.getChart('front').data.datasets[2].data.map((p) => p.x);"
                + "return x.filter((at, i) => i === 0 || at >= x[i - 1]).length"));
    String note = browser.find("#formats-note").getText();
    assertTrue(note.contains("7.48"), note);
    assertTrue(note.contains("rank correlation of 0.92"), note);
    assertEquals(
        List.of(
            "encoder.layer.0.attention.output.dense.weight", "uint4 affine blocks of 32 along I"),
        browser.texts("#formats tbody tr:nth-child(5) .text"));
    browser.requireQuietConsole();
  }

  @Test
  void filesUnderABudgetAreDrawnOverTimeAndBytes() throws IOException {
    assertEquals(List.of(), browser.texts("#search-section"), "there was no search");
    browser.open(Reports.longNames(), 1440, 1000);

    assertTrue(browser.number(PAINTED, "#search-times") > 3, "nothing was drawn");
    assertTrue(browser.number(PAINTED, "#search-bytes") > 3, "nothing was drawn");
    String chosen = "return Chart.getChart('search-%s').data.datasets[0].data[0].%s";
    assertEquals(0.59, browser.number(chosen.formatted("times", "x")));
    assertEquals(15.8, browser.number(chosen.formatted("times", "y")), 1e-9);
    assertEquals(1_490_000.0, browser.number(chosen.formatted("bytes", "x")));
    assertEquals(
        7.0, browser.number("return Chart.getChart('search-times').data.datasets[1].data.length"));
    String note = browser.find("#search-note").getText();
    assertTrue(note.contains("time<=0.6,snr>=12, which is met"), note);
    assertTrue(note.contains("59 % of the float file's time"), note);
    assertTrue(note.contains("rank correlation of 0.96"), note);
    browser.requireQuietConsole();
  }

  @ParameterizedTest
  @ValueSource(ints = {360, 390, 768, 900, 1024, 1440})
  void longNamesFitEveryScreenAndNoNumberIsCutOff(int width) throws IOException {
    browser.open(Reports.longNames(), width, 900);
    browser.find("#more").click();

    double over = browser.number("return document.documentElement.scrollWidth - window.innerWidth");
    assertTrue(over <= 0, over + " pixels too wide");
    assertEquals(List.of(), browser.run(CLIPPED));
    assertEquals(
        64.0 * 9,
        browser.number(
            "return [...document.querySelectorAll('#layers td.number:not(.order)')]"
                + ".filter((cell) => cell.offsetParent && cell.textContent).length"));
    assertEquals(64, browser.texts("#layers tbody th").size());
    browser.requireQuietConsole();
  }

  @ParameterizedTest
  @ValueSource(ints = {360, 390, 768, 1024, 1440})
  void noTileStandsAlone(int width) throws IOException {
    browser.open(Reports.longNames(), width, 900);

    double rows =
        browser.number(
            "return new Set([...document.querySelectorAll('#tiles div')]"
                + ".map((tile) => tile.getBoundingClientRect().top)).size");
    double columns =
        browser.number(
            "return new Set([...document.querySelectorAll('#tiles div')]"
                + ".map((tile) => tile.getBoundingClientRect().left)).size");
    assertEquals(4.0, rows * columns);
  }

  @Test
  void longTablesStartShortAndPaperShowsAll() throws IOException {
    browser.open(Reports.longNames(), 1440, 900);
    assertEquals(20, paths().size());

    browser.emulate("dark", "print");
    assertEquals(64, paths().size());
    browser.run("window.dispatchEvent(new Event('beforeprint')); return true");
    assertEquals("light", browser.find("html").getDomAttribute("data-theme"));
    assertTrue(browser.find("#meaning dd").isDisplayed());
    browser.run("window.dispatchEvent(new Event('afterprint')); return true");
    assertEquals("dark", browser.find("html").getDomAttribute("data-theme"));
    browser.requireQuietConsole();
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void textStandsOutFromWhatIsBehindIt(String theme) {
    browser.emulate(theme, "");
    assertEquals(theme, browser.find("html").getDomAttribute("data-theme"));
    for (String text : List.of("--text", "--soft", "--accent", "--c")) {
      for (String back : List.of("--back", "--card", "--raise")) {
        double contrast = contrast(text, back);
        assertTrue(contrast >= 4.5, text + " on " + back + ": " + contrast);
      }
    }
    for (String line : List.of("--a", "--b", "--c")) {
      assertTrue(contrast(line, "--card") >= 3, line + ": " + contrast(line, "--card"));
    }
  }

  /** The contrast of two of the page's colours, as WCAG 2 defines it. */
  private static double contrast(String text, String back) {
    double[] luminances =
        List.of(text, back).stream().mapToDouble(BrowserTest::luminance).sorted().toArray();
    return (luminances[1] + 0.05) / (luminances[0] + 0.05);
  }

  private static double luminance(String name) {
    String hex =
        (String)
            browser.run(
                "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])",
                name);
    double[] shares = {0.2126, 0.7152, 0.0722};
    return IntStream.range(0, 3)
        .mapToDouble(
            i -> {
              double c = Integer.parseInt(hex.trim().substring(1 + 2 * i, 3 + 2 * i), 16) / 255.0;
              return shares[i] * (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
            })
        .sum();
  }

  @Test
  void theButtonChangesTheColours() {
    String before = browser.find("body").getCssValue("background-color");
    browser.find("#theme").click();

    assertFalse(before.equals(browser.find("body").getCssValue("background-color")));
    assertEquals("Light mode", browser.find("#theme").getText());
  }

  @Test
  void looksLikeAReport() throws IOException {
    for (String scheme : List.of("light", "dark")) {
      for (int width : new int[] {390, 768, 1440}) {
        browser.emulate(scheme, "");
        browser.open(Reports.longNames(), width, 900);
        browser.screenshot("report-" + width + "-" + scheme + ".png");
        browser.screenshot("#front-chart", "front-" + width + "-" + scheme + ".png");
        browser.screenshot("#search-section", "search-" + width + "-" + scheme + ".png");
        browser.requireQuietConsole();
      }
    }
  }
}
