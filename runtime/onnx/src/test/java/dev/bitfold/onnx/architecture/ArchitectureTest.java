package dev.bitfold.onnx.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** The rooms for ONNX: files below, exports above. */
@AnalyzeClasses(packages = "dev.bitfold.onnx", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          onnx.file   | tensor | nd4j jspecify protobuf onnx
          onnx.export | onnx.file (root) annotations descriptor internal.state layer quantizer storage tensor | nd4j jspecify onnx protobuf
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
