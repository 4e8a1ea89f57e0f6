package dev.bitfold.spark.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Spark runs passes, and knows nothing of what they compute. */
@AnalyzeClasses(
    packages = "dev.bitfold.spark",
    importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          spark | (root) descriptor calibration internal.state internal.replay | spark scala slf4j jspecify
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
