package dev.bitfold.samediff.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Graphs use the plan, descriptors, quantizers and calibrators of the runtime. */
@AnalyzeClasses(
    packages = "dev.bitfold.samediff",
    importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          samediff | (root) annotations calibration descriptor internal.state layer quantizer storage | nd4j samediff jspecify
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
