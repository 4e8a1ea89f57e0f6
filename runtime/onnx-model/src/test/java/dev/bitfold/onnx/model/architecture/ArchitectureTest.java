package dev.bitfold.onnx.model.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Preparing and cutting know no Bitfold model; data knows neither. */
@AnalyzeClasses(
    packages = "dev.bitfold.onnx.model",
    importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          onnx.model.data    | descriptor tensor | nd4j javacpp jackson protobuf onnx jspecify
          onnx.model.prepare | descriptor tensor onnx.file onnx.session | nd4j protobuf onnx jspecify
          onnx.model.cut     | annotations descriptor internal.graph layer tensor onnx.file onnx.session onnx.export onnx.model.prepare | nd4j protobuf onnx jspecify
          onnx.model.budget  | calibration onnx.file onnx.session onnx.model.cut | nd4j protobuf onnx jspecify
          onnx.model         | (root) annotations calibration descriptor internal.graph internal.state layer tensor smoothquant tuning storage onnx.file onnx.session onnx.export onnx.proof onnx.model.prepare onnx.model.cut onnx.model.data onnx.model.budget | nd4j jackson protobuf onnx jspecify math3
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
