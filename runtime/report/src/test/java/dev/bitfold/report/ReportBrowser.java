package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Shows reports in a real browser. */
final class ReportBrowser {
  private static final Path CHROMIUM =
      Path.of(System.getProperty("bitfold.chromium", "/usr/bin/chromium"));
  private static final Path DRIVER =
      Path.of(System.getProperty("bitfold.chromedriver", "/usr/bin/chromedriver"));

  private final ChromeDriver driver;
  private final Path folder;

  private ReportBrowser(ChromeDriver driver, Path folder) {
    this.driver = driver;
    this.folder = folder;
  }

  /** Starts Chromium; skips the test, with a line that says so, where there is none. */
  static ReportBrowser start(Path folder) {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      String missing = "SKIPPED: no " + CHROMIUM + " and " + DRIVER + "; the page was not opened";
      System.err.println(missing);
      Assumptions.abort(missing);
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
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
    return new ReportBrowser(new ChromeDriver(service, options), folder);
  }

  /** Opens a report in a viewport of so many pixels. */
  void open(Report report, int width, int height) throws IOException {
    Path page = folder.resolve("report.html");
    HtmlReport.write(report, page);
    resize(width, height);
    driver.get(page.toUri().toString());
  }

  void resize(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  /**
   * Says which colours the system prefers, {@code dark} or {@code light}, and the medium; nothing
   * moves slowly.
   */
  void emulate(String scheme, String medium) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "media",
            medium,
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", scheme),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
  }

  /** What a script returns. */
  Object run(String script, Object... arguments) {
    return Objects.requireNonNull(driver.executeScript(script, arguments), script);
  }

  /** What a script returns: a number. */
  double number(String script, Object... arguments) {
    return ((Number) run(script, arguments)).doubleValue();
  }

  WebElement find(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  /** The texts of the elements that are displayed. */
  List<String> texts(String selector) {
    List<?> texts =
        (List<?>)
            run(
                "return [...document.querySelectorAll(arguments[0])]"
                    + ".filter((e) => e.checkVisibility()).map((e) => e.innerText.trim())",
                selector);
    return texts.stream().map(text -> text.toString().replace('\u00a0', ' ')).toList();
  }

  void requireQuietConsole() {
    List<String> messages =
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
            .map(LogEntry::getMessage)
            .toList();
    assertEquals(List.of(), messages);
  }

  /** Keeps what the whole page looks like, for people. */
  void screenshot(String name) throws IOException {
    int height = (int) number("return document.documentElement.scrollHeight");
    resize((int) number("return window.innerWidth"), Math.min(height, 12_000));
    Path target = Path.of("target", "screenshots");
    Files.createDirectories(target);
    Files.write(target.resolve(name), driver.getScreenshotAs(OutputType.BYTES));
  }

  /** Keeps what a part of the page looks like, for people. */
  void screenshot(String selector, String name) throws IOException {
    Path target = Path.of("target", "screenshots");
    Files.createDirectories(target);
    Files.write(target.resolve(name), find(selector).getScreenshotAs(OutputType.BYTES));
  }

  void close() {
    driver.quit();
  }
}
