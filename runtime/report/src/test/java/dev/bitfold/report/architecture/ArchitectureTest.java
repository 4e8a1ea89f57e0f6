package dev.bitfold.report.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** A report reads diagnoses and advice; it computes nothing. */
@AnalyzeClasses(
    packages = "dev.bitfold.report",
    importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          report | descriptor calibration diagnosis smoothquant storage tuning | jspecify com.fasterxml.jackson.. javax.imageio.. java.awt.. org.knowm.xchart..
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
