package dev.bitfold.cli.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Checks that the command line reads files and contains no model. */
@AnalyzeClasses(packages = "dev.bitfold.cli", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          cli | descriptor diagnosis onnx.file storage | jspecify com.fasterxml.jackson.. picocli
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
