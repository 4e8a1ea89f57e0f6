package dev.bitfold.dl4j.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import dev.bitfold.architecture.Rooms;

/** Layers know no networks. */
@AnalyzeClasses(packages = "dev.bitfold.dl4j", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          dl4j.layer   | descriptor internal.state layer | nd4j jackson org.nd4j.common.primitives org.deeplearning4j.. jspecify
          dl4j.network | dl4j.layer | nd4j org.deeplearning4j.. jspecify
          dl4j.onnx    | (root) layers onnx.export onnx.file onnx.graph onnx.proof dl4j.layer dl4j.network | nd4j org.deeplearning4j.. jspecify
          dl4j         | (root) descriptor internal.state layer quantizer storage dl4j.layer dl4j.network | nd4j org.deeplearning4j.. jspecify
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }
}
