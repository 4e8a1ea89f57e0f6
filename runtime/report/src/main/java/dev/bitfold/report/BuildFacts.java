package dev.bitfold.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Properties;

/** Provides the facts that a report states about itself. */
final class BuildFacts {
  private BuildFacts() {}

  /** Returns Bitfold's version, which the build has written. */
  static String version() {
    Properties properties = new Properties();
    try (InputStream in = BuildFacts.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new IllegalStateException("version.properties is missing on the class path");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  /** Returns the time, to the second, in ISO 8601. */
  static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
