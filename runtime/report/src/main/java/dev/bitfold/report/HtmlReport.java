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
 * A report as one HTML file that needs no network: tables that sort and can be searched, charts,
 * light and dark, for screens of every size and for paper. The charts are drawn by Chart.js, which
 * is written into the file. Stateless.
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
   * Writes what a diagnosis tells, whole or not at all.
   *
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   */
  public static void write(Diagnosis diagnosis, Path file) throws IOException {
    write(Report.of("Quantized model", diagnosis), file);
  }

  /**
   * Writes a report, whole or not at all.
   *
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   */
  public static void write(Report report, Path file) throws IOException {
    write(file, html(report));
  }

  /**
   * Writes what the report shows as JSON, whole or not at all.
   *
   * @throws IOException if it cannot be written; a file that was there is then unchanged
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

  /** The page's text. */
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

  /** JSON that may stand in a script: nothing in it can end one. */
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
