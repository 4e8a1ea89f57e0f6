package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.ModelProto;
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

  private BasicOptimization() {}

  /**
   * The folded file.
   *
   * @throws OnnxException if ONNX Runtime does not take the file
   */
  static OnnxFile of(OnnxFile file, Changes changes) throws IOException {
    OnnxFile folded = once(file, changes);
    Set<String> kept = new HashSet<>();
    folded.model().getGraph().getNodeList().forEach(node -> kept.add(node.getName()));
    List<String> gone = new ArrayList<>();
    for (NodeProto node : file.model().getGraph().getNodeList()) {
      if (!kept.contains(node.getName()) && changes.names().has(node.getName())) {
        gone.add(node.getName());
      }
    }
    changes.note(
        "nodes folded by ONNX Runtime, as they depend on constants alone or change nothing", gone);
    return folded;
  }

  private static OnnxFile once(OnnxFile file, Changes changes) throws IOException {
    try (WorkFolder work = WorkFolder.create()) {
      Map<String, String> entries = new HashMap<>();
      entries.put("optimization.disable_specified_optimizers", DISABLED);
      if (Session.bytes(file) > changes.maxWhole()) {
        entries.put("session.optimized_model_external_initializers_file_name", "weights.bin");
        entries.put("session.optimized_model_external_initializers_min_size_in_bytes", "1024");
      }
      Settings settings =
          Settings.DEFAULT
              .with(Settings.Optimizer.BASIC)
              .withThreads(1)
              .with(entries)
              .writing(work.file("model.onnx"));
      OnnxFile marked = new OnnxFile(file.name(), changes.names().marked(file.model()));
      Session.open(marked, settings, changes.maxWhole()).close();
      if (isEmpty(work.file("model.onnx"))) {
        // Its outputs are constants or inputs, which is no graph that anything is done with.
        return file;
      }
      ModelProto optimized = OnnxWeights.open(work.file("model.onnx")).file().model();
      return new OnnxFile(file.name(), changes.names().unmarked(optimized));
    } catch (SessionException e) {
      throw refused(file, e);
    }
  }

  private static boolean isEmpty(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ModelProto.parseFrom(in).getGraph().getNodeCount() == 0;
    }
  }

  /** A file that ONNX Runtime does not take. */
  static OnnxException refused(OnnxFile file, SessionException e) {
    return new OnnxException(file.name(), "is not taken by ONNX Runtime: " + reason(e), e);
  }

  /** What ONNX Runtime says, without codes and the names of its own files. */
  static String reason(SessionException e) {
    return String.valueOf(e.getMessage())
        .replaceFirst("^Error code - \\w+ - message: ", "")
        .replaceFirst("Non-zero status code returned while running", "on random data,")
        .replaceAll("/onnxruntime_src/\\S+ ", "")
        .strip();
  }
}
