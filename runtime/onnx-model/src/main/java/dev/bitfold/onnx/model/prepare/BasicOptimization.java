package dev.bitfold.onnx.model.prepare;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * Lets ONNX Runtime fold what depends on constants alone: Constant nodes, weights behind Identity,
 * Transpose and Cast, branches with a constant condition, shapes, and norms behind convolutions.
 */
final class BasicOptimization {
  /**
   * What ONNX Runtime would do at the same level to make the file faster, but which hides layers or
   * their names: all of it happens again when the exported file is opened.
   */
  private static final String DISABLED =
      String.join(
          ";",
          "MatMulAddFusion",
          "TransposeOptimizer",
          "ConstantSharing",
          "CommonSubexpressionElimination",
          "GemmTransposeFusion",
          "GeluFusionL1",
          "LayerNormFusionL1");

  /** What folds may uncover other folds. */
  private static final int ROUNDS = 2;

  private BasicOptimization() {}

  /**
   * The folded file.
   *
   * @throws OnnxException if ONNX Runtime does not take the file
   */
  static OnnxFile of(OnnxFile file, Changes changes) throws IOException {
    OnnxFile folded = file;
    for (int round = 0; round < ROUNDS; round++) {
      folded = once(folded);
    }
    Set<String> kept = new HashSet<>();
    folded.model().getGraph().getNodeList().forEach(node -> kept.add(node.getName()));
    List<String> gone = new ArrayList<>();
    for (NodeProto node : file.model().getGraph().getNodeList()) {
      if (!kept.contains(node.getName())) {
        gone.add(node.getName());
      }
    }
    changes.note(
        "nodes folded by ONNX Runtime, as they depend on constants alone or change nothing", gone);
    return folded;
  }

  private static OnnxFile once(OnnxFile file) throws IOException {
    try (WorkFolder work = WorkFolder.create();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.BASIC_OPT);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setIntraOpNumThreads(1);
      options.addConfigEntry("optimization.disable_specified_optimizers", DISABLED);
      options.setOptimizedModelFilePath(work.file("model.onnx").toString());
      OrtEnvironment.getEnvironment().createSession(file.model().toByteArray(), options).close();
      return new OnnxFile(file.name(), OnnxWeights.open(work.file("model.onnx")).file().model());
    } catch (OrtException e) {
      throw new OnnxException(
          file.name(), "is not taken by ONNX Runtime: " + String.valueOf(e.getMessage()), e);
    }
  }
}
