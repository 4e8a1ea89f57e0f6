package dev.bitfold.cli.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Checks that reading data and measuring know nothing of commands. */
@AnalyzeClasses(packages = "dev.bitfold.cli", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          cli.input   | descriptor onnx.model.data | nd4j jspecify picocli ai.djl.. javax.imageio..
          cli.output  | calibration cli.input | jspecify me.tongfei..
          cli.measure | onnx.model.data onnx.session cli.input | nd4j jspecify com.fasterxml.jackson..
          cli         | (root) calibration descriptor diagnosis onnx.file onnx.export onnx.model onnx.model.cut onnx.model.data onnx.proof report storage cli.input cli.measure cli.output | nd4j jspecify com.fasterxml.jackson.. picocli
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
