package dev.bitfold.onnx.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Checks that files know no models, that proofs know no exports, and that one room runs files. */
@AnalyzeClasses(packages = "dev.bitfold.onnx", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          onnx.file    | descriptor storage tensor | nd4j protobuf onnx jspecify
          onnx.session | descriptor tensor onnx.file | nd4j javacpp protobuf onnx ai.onnxruntime.. jspecify jackson
          onnx.proof   | tensor onnx.file onnx.session | nd4j protobuf onnx jspecify
          onnx.export  | (root) annotations calibration descriptor internal.state layer quantizer quantizer.scale storage tensor onnx.file onnx.proof | nd4j protobuf onnx slf4j jspecify
          onnx.graph   | (root) calibration layers tensor onnx.file onnx.proof onnx.export | nd4j protobuf onnx jspecify
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
