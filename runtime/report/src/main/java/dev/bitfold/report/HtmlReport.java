package dev.bitfold.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.storage.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes a report as one HTML file that needs no network. It has tables that can be sorted and
 * searched, and charts, in light and dark colours, for screens of every size and for paper.
 * Chart.js, which is contained in the file, draws the charts. Stateless.
 */
public final class HtmlReport {
  private static final String CHART_JS =
      "/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";
  private static final String TABLESORT =
      "/META-INF/resources/webjars/tablesort/5.2.0/dist/tablesort.min.js";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private HtmlReport() {}

  /**
   * Writes the report of a diagnosis, completely or not at all.
   *
   * @throws IOException if the file cannot be written; an existing file is then unchanged
   */
  public static void write(Diagnosis diagnosis, Path file) throws IOException {
    write(Report.of("Quantized model", diagnosis), file);
  }

  /**
   * Writes a report, completely or not at all.
   *
   * @throws IOException if the file cannot be written; an existing file is then unchanged
   */
  public static void write(Report report, Path file) throws IOException {
    write(file, html(report));
  }

  /**
   * Writes the contents of a report as JSON, completely or not at all.
   *
   * @throws IOException if the file cannot be written; an existing file is then unchanged
   */
  public static void writeJson(Report report, Path file) throws IOException {
    write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }

  private static void write(Path file, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(file, channel -> writeFully(channel, bytes));
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Returns the text of the page. */
  static String html(Report report) throws IOException {
    return resource("report.html")
        .replace("/*STYLE*/", resource("report.css"))
        .replace("/*CHART*/", script(CHART_JS))
        .replace("/*TABLESORT*/", script(TABLESORT))
        .replace("/*PARTS*/", resource("parts.js"))
        .replace("/*CHARTS*/", resource("charts.js"))
        .replace("/*REPORT*/", resource("report.js"))
        .replace("/*DATA*/", data(report));
  }

  /** Returns JSON for a script element, without text that could end the element. */
  private static String data(Report report) throws JsonProcessingException {
    return JSON.writeValueAsString(report).replace("<", "\\u003c");
  }

  private static String script(String name) throws IOException {
    return resource(name).replace("</script", "<\\/script");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is missing on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
