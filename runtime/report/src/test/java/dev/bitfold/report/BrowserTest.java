package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** The page in a real browser; skipped, with a line that says so, where there is no Chromium. */
class BrowserTest {
  private static final Path CHROMIUM =
      Path.of(System.getProperty("bitfold.chromium", "/usr/bin/chromium"));
  private static final Path DRIVER =
      Path.of(System.getProperty("bitfold.chromedriver", "/usr/bin/chromedriver"));

  private final Path folder;
  private @org.jspecify.annotations.Nullable ChromeDriver browser;

  BrowserTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void open() throws IOException {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      String missing = "SKIPPED: no " + CHROMIUM + " and " + DRIVER + "; the page was not opened";
      System.err.println(missing);
      Assumptions.abort(missing);
    }
    Path page = folder.resolve("report.html");
    HtmlReport.write(Reports.sixLayers(), page);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + folder.resolve("profile"));
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
    browser = new ChromeDriver(service, options);
    browser().manage().window().setSize(new Dimension(1300, 1000));
    browser().get(page.toUri().toString());
  }

  @AfterEach
  void close() {
    if (browser != null) {
      browser.quit();
    }
  }

  private ChromeDriver browser() {
    return Objects.requireNonNull(browser);
  }

  private List<String> column(int index) {
    return browser()
        .findElements(By.cssSelector("#layers tbody tr td:nth-child(" + index + ")"))
        .stream()
        .filter(WebElement::isDisplayed)
        .map(WebElement::getText)
        .toList();
  }

  private void requireQuietConsole() {
    List<String> messages =
        browser().manage().logs().get(LogType.BROWSER).getAll().stream()
            .map(LogEntry::getMessage)
            .toList();
    assertEquals(List.of(), messages);
  }

  @Test
  void opensWithoutAWordOnTheConsoleAndEscapesItsTitle() {
    assertEquals("MiniLm </script><b>&amp;", browser().findElement(By.id("title")).getText());
    assertEquals("true", browser().findElement(By.tagName("html")).getDomAttribute("data-ready"));
    requireQuietConsole();
  }

  @Test
  void tablesSortByNumberAndBack() {
    WebElement heading = browser().findElement(By.cssSelector("#layers th:nth-child(5)"));
    heading.click();
    List<String> once = column(5);
    heading.click();
    List<String> twice = column(5);

    assertNotEquals(once, twice);
    List<Double> numbers =
        once.stream().filter(text -> !text.equals("–")).map(Double::valueOf).toList();
    List<Double> sorted = numbers.stream().sorted().toList();
    List<Double> reversed = sorted.stream().sorted(java.util.Comparator.reverseOrder()).toList();
    assertTrue(numbers.equals(sorted) || numbers.equals(reversed), once.toString());
    requireQuietConsole();
  }

  @Test
  void theSearchLeavesTheRowsThatHoldAllWords() {
    browser().findElement(By.id("search")).sendKeys("encoder FC");

    assertEquals(List.of("encoder.0.fc1", "encoder.0.fc2"), column(1));
  }

  @Test
  void everyChartIsDrawn() {
    for (String id : List.of("noise", "curve", "histogram", "channels", "sizes")) {
      Object colors =
          browser()
              .executeScript(
                  "const c = document.getElementById(arguments[0]);"
                      + "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                      + "const seen = new Set();"
                      + "for (let i = 0; i < d.length; i += 4)"
                      + " if (d[i + 3] > 200) seen.add(d[i] * 65536 + d[i + 1] * 256 + d[i + 2]);"
                      + "return seen.size;",
                  id);
      assertTrue(((Long) Objects.requireNonNull(colors)) > 3, id + " has " + colors + " colors");
    }
    long cells = browser().findElements(By.cssSelector("#map td.cell")).size();
    assertEquals(6 * 2 * 48, cells);
  }

  @Test
  void aRowShowsItsLayer() {
    browser().findElement(By.cssSelector("#layers tbody tr:nth-child(6)")).click();

    assertEquals("5", browser().findElement(By.id("layer")).getDomProperty("value"));
    assertTrue(browser().findElement(By.id("formats")).getText().contains("int8 per O"));
    requireQuietConsole();
  }

  @Test
  void chartsOfWhatALayerHasNotAreHidden() {
    for (int row : new int[] {7, 1}) {
      browser().findElement(By.cssSelector("#layers tbody tr:nth-child(" + row + ")")).click();
      for (String id : List.of("curve", "histogram", "channels")) {
        assertEquals(row == 1, browser().findElement(By.id(id)).isDisplayed(), id + ", row " + row);
      }
    }
    requireQuietConsole();
  }

  @Test
  void fitsAPhoneAndTheDark() throws IOException {
    Map<String, Object> phone =
        Map.of("width", 390, "height", 844, "deviceScaleFactor", 2, "mobile", true);
    browser().executeCdpCommand("Emulation.setDeviceMetricsOverride", phone);
    browser().findElement(By.id("theme")).click();
    Object overflow =
        browser().executeScript("return document.documentElement.scrollWidth - window.innerWidth");

    assertTrue(((Long) Objects.requireNonNull(overflow)) <= 0, overflow + " pixels too wide");
    requireQuietConsole();
    screenshot("phone.png");
  }

  @Test
  void looksLikeAReport() throws IOException {
    browser().manage().window().setSize(new Dimension(1300, 3200));
    screenshot("report.png");
  }

  private void screenshot(String name) throws IOException {
    Path target = Path.of("target", "screenshots");
    Files.createDirectories(target);
    Files.write(target.resolve(name), browser().getScreenshotAs(OutputType.BYTES));
  }
}
