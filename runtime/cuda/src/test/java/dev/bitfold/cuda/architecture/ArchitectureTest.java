package dev.bitfold.cuda.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** The rooms for devices: the driver at the bottom, chains of layers at the top. */
@AnalyzeClasses(packages = "dev.bitfold.cuda", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          cuda.driver | | com.sun.jna.. jspecify
          cuda.launch | cuda.driver annotations kernel | slf4j jspecify
          cuda.kernel | cuda.driver cuda.launch annotations kernel | slf4j jspecify
          cuda.blas   | cuda.driver cuda.launch kernel | com.sun.jna.. slf4j jspecify
          cuda.tensor | cuda.driver cuda.launch cuda.kernel kernel quantizer tensor descriptor | nd4j slf4j jspecify
          cuda.nd4j   | cuda.driver cuda.launch cuda.kernel kernel quantizer tensor descriptor | nd4j slf4j jspecify org.nd4j.jita..
          cuda.layers | cuda.driver cuda.launch cuda.kernel cuda.blas cuda.tensor descriptor internal.state kernel layers quantizer tensor | nd4j jspecify
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
