package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Turns inputs of a graph that never change into constants. */
final class GraphInputs {
  /** The first version of the format in which an initializer need not be an input as well. */
  private static final long INITIALIZERS_ALONE = 4;

  private final OnnxFile file;

  private GraphInputs(OnnxFile file) {
    this.file = file;
  }

  /**
   * The values of inputs that are bound, as constants of the inputs' types.
   *
   * @throws OnnxException if there is no such input, or it does not take the value
   */
  static List<TensorProto> values(OnnxFile file, Map<String, INDArray> bound) {
    GraphInputs inputs = new GraphInputs(file);
    Set<String> weights = initializers(file.model().getGraph());
    Map<String, ValueInfoProto> fed = new LinkedHashMap<>();
    for (ValueInfoProto input : file.model().getGraph().getInputList()) {
      if (!weights.contains(input.getName())) {
        fed.put(input.getName(), input);
      }
    }
    List<TensorProto> values = new ArrayList<>();
    for (Map.Entry<String, INDArray> value : bound.entrySet()) {
      ValueInfoProto input = fed.get(value.getKey());
      if (input == null) {
        throw new OnnxException(
            file.name(),
            "has no input '" + value.getKey() + "' to bind; its inputs are " + fed.keySet());
      }
      values.add(inputs.constant(input, value.getValue()));
    }
    return values;
  }

  private static Set<String> initializers(GraphProto graph) {
    Set<String> names = new HashSet<>();
    graph.getInitializerList().forEach(t -> names.add(t.getName()));
    graph.getSparseInitializerList().forEach(t -> names.add(t.getValues().getName()));
    return names;
  }

  /** The file with bound inputs, and weights that a caller could override, as constants. */
  static OnnxFile close(OnnxFile file, List<TensorProto> values, Changes changes) {
    GraphProto graph = file.model().getGraph();
    Set<String> initializers = initializers(graph);
    List<String> names = values.stream().map(TensorProto::getName).toList();
    GraphProto.Builder closed = graph.toBuilder().clearInput();
    List<String> weights = new ArrayList<>();
    for (ValueInfoProto input : graph.getInputList()) {
      if (initializers.contains(input.getName())) {
        weights.add(input.getName());
      } else if (!names.contains(input.getName())) {
        closed.addInput(input);
      }
    }
    changes.note("inputs bound to a constant", names);
    changes.note(
        "weights that were inputs as well, so that a caller could override them, are constants",
        weights);
    if (names.isEmpty() && weights.isEmpty()) {
      return file;
    }
    values.forEach(closed::addInitializer);
    long version = Math.max(file.model().getIrVersion(), INITIALIZERS_ALONE);
    return new OnnxFile(
        file.name(), file.model().toBuilder().setIrVersion(version).setGraph(closed).build());
  }

  private TensorProto constant(ValueInfoProto input, INDArray value) {
    TypeProto.Tensor type = input.getType().getTensorType();
    if (!input.getType().hasTensorType()) {
      throw bad(input, "is no tensor");
    }
    if (type.hasShape() && !fits(type, value.shape())) {
      throw bad(
          input,
          "is declared with the shape "
              + type.getShape().getDimList().stream().map(GraphInputs::size).toList()
              + ", the value has "
              + Arrays.toString(value.shape()));
    }
    int length = Math.toIntExact(value.length());
    ElementType element =
        Arrays.stream(ElementType.values())
            .filter(t -> t.number() == type.getElemType())
            .findFirst()
            .orElseThrow(() -> bad(input, "is of the type " + type.getElemType()));
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(element.bytes(length))).order(ByteOrder.LITTLE_ENDIAN);
    double[] doubles =
        element == ElementType.DOUBLE || element == ElementType.FLOAT
            ? value.castTo(DataType.DOUBLE).dup('c').data().asDouble()
            : new double[0];
    long[] integers =
        doubles.length > 0 ? new long[0] : value.castTo(DataType.INT64).dup('c').data().asLong();
    for (int i = 0; i < length; i++) {
      switch (element) {
        case FLOAT -> bytes.putFloat((float) doubles[i]);
        case DOUBLE -> bytes.putDouble(doubles[i]);
        case INT64, UINT64 -> bytes.putLong(integers[i]);
        case INT32, UINT32 -> bytes.putInt((int) integers[i]);
        case INT16, UINT16 -> bytes.putShort((short) integers[i]);
        case INT8, UINT8, BOOL -> bytes.put((byte) integers[i]);
        case FLOAT16, BFLOAT16, FLOAT8E4M3FN, FLOAT8E5M2, UINT4, INT4 ->
            throw bad(input, "is of the type " + element);
      }
    }
    return Tensors.of(input.getName(), element, bytes.array(), value.shape());
  }

  private static boolean fits(TypeProto.Tensor type, long[] shape) {
    if (type.getShape().getDimCount() != shape.length) {
      return false;
    }
    for (int axis = 0; axis < shape.length; axis++) {
      Dimension dim = type.getShape().getDim(axis);
      if (dim.hasDimValue() && dim.getDimValue() > 0 && dim.getDimValue() != shape[axis]) {
        return false;
      }
    }
    return true;
  }

  private static String size(Dimension dim) {
    return dim.hasDimValue() ? Long.toString(dim.getDimValue()) : "?" + dim.getDimParam();
  }

  private OnnxException bad(ValueInfoProto input, String why) {
    return new OnnxException(
        file.name(), "input " + input.getName() + " cannot be bound to a value: it " + why);
  }
}
