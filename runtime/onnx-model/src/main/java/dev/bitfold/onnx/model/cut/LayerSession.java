package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.export.MappedNode;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.session.RuntimeValue;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import java.util.HashMap;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A session of one operator, with weight and bias as inputs, so that attributes are ONNX Runtime's
 * business alone. Layers whose operators are equal share it. Safe for concurrent use.
 */
final class LayerSession {
  private final Sessions sessions;
  private final Session session;
  private final String path;
  private final int inputType;

  private LayerSession(Sessions sessions, Session session, FoundLayer found, int inputType) {
    this.sessions = sessions;
    this.session = session;
    this.path = found.path();
    this.inputType = inputType;
  }

  /**
   * Opens the session, or takes that of an equal operator.
   *
   * @param inputType the element type of what the layer reads: float32, or of indices
   */
  static LayerSession of(Sessions sessions, ModelProto model, FoundLayer found, int inputType) {
    Session session =
        sessions.shared(alone(model, found, inputType), "node " + found.path() + " alone");
    return new LayerSession(sessions, session, found, inputType);
  }

  private static ModelProto alone(ModelProto model, FoundLayer found, int inputType) {
    MappedNode mapped = found.parts().get(0);
    NodeProto original = MappedNode.plain(mapped.node());
    boolean gathers = mapped.isGather();
    // A MatMul has no bias of its own.
    boolean adds = found.biased() && Graph.is(original, "MatMul");
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setName("layer")
            .setOpType(original.getOpType())
            .addAllAttribute(original.getAttributeList())
            .addInput(gathers ? CutLayer.WEIGHT : CutLayer.INPUT)
            .addInput(gathers ? CutLayer.INPUT : CutLayer.WEIGHT);
    if (found.biased() && !adds) {
      node.addInput(CutLayer.BIAS);
    }
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("layer")
            .addNode(node.addOutput(adds ? "product" : "y"))
            .addInput(Values.typed(CutLayer.INPUT, inputType))
            .addInput(Values.typed(CutLayer.WEIGHT, TensorProto.DataType.FLOAT_VALUE))
            .addOutput(Values.untyped("y"));
    if (adds) {
      graph.addNode(
          NodeProto.newBuilder()
              .setName("bias")
              .setOpType("Add")
              .addInput("product")
              .addInput(CutLayer.BIAS)
              .addOutput("y"));
    }
    if (found.biased()) {
      graph.addInput(Values.typed(CutLayer.BIAS, TensorProto.DataType.FLOAT_VALUE));
    }
    ModelProto.Builder alone =
        ModelProto.newBuilder().setIrVersion(model.getIrVersion()).setGraph(graph);
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      if (Graph.isStandard(opset.getDomain())) {
        alone.addOpsetImport(opset);
      }
    }
    return alone.build();
  }

  /** Applies the operator to arrays. */
  INDArray apply(INDArray x, INDArray weight, @Nullable INDArray bias) {
    try (RuntimeValue value = RuntimeValue.of(x, inputType, path);
        RuntimeValue y = apply(value, weight, bias)) {
      return y.array();
    } catch (SessionException e) {
      throw failed(e);
    }
  }

  /** Applies the operator to a value; the result is to be closed. */
  RuntimeValue apply(RuntimeValue x, INDArray weight, @Nullable INDArray bias) {
    sessions.enter();
    try (RuntimeValue w = RuntimeValue.floats(weight, path);
        RuntimeValue b = bias == null ? null : RuntimeValue.floats(bias, path)) {
      Map<String, RuntimeValue> inputs = new HashMap<>();
      inputs.put(CutLayer.INPUT, x);
      inputs.put(CutLayer.WEIGHT, w);
      if (b != null) {
        inputs.put(CutLayer.BIAS, b);
      }
      return session.run(inputs).values().iterator().next();
    } catch (SessionException e) {
      throw failed(e);
    } finally {
      sessions.leave();
    }
  }

  private OnnxException failed(SessionException e) {
    return new OnnxException(
        sessions.file(), "node " + path + " cannot be run: " + e.getMessage(), e);
  }
}
