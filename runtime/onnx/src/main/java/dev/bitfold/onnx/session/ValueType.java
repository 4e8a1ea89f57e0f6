package dev.bitfold.onnx.session;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.TensorInfo;
import dev.bitfold.onnx.file.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Describes an input or output.
 *
 * @param name its name
 * @param elementType the number of the element type in files; 0 if the value is not a tensor
 * @param axes its axes; empty for a scalar, and where the file gives no shape
 * @param shaped whether the file gives a shape
 */
public record ValueType(String name, int elementType, List<Axis> axes, boolean shaped) {
  /** The size of an axis whose size the file leaves open. */
  public static final long OPEN = -1;

  /**
   * Describes an axis.
   *
   * @param size its size; {@link #OPEN} if the file leaves it open
   * @param name axes of one name have one size; empty without a name
   */
  public record Axis(long size, String name) {}

  /** Copies the axes. */
  public ValueType {
    axes = List.copyOf(axes);
  }

  /** Returns what a file declares. */
  public static ValueType of(ValueInfoProto value) {
    TypeProto.Tensor tensor = value.getType().getTensorType();
    List<Axis> axes = new ArrayList<>();
    for (Dimension size : tensor.getShape().getDimList()) {
      boolean fixed = size.hasDimValue() && size.getDimValue() >= 0;
      axes.add(new Axis(fixed ? size.getDimValue() : OPEN, size.getDimParam()));
    }
    return new ValueType(value.getName(), tensor.getElemType(), axes, tensor.hasShape());
  }

  /** Returns what a session says. */
  static ValueType of(NodeInfo node) {
    if (!(node.getInfo() instanceof TensorInfo tensor)) {
      return new ValueType(node.getName(), 0, List.of(), false);
    }
    // By name, as the numbers of ONNX Runtime are others.
    String type = tensor.onnxType.name().replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", "");
    long[] shape = tensor.getShape();
    String[] names = tensor.getDimensionNames();
    List<Axis> axes = new ArrayList<>();
    for (int axis = 0; axis < shape.length; axis++) {
      String name = names == null || axis >= names.length ? "" : names[axis];
      axes.add(new Axis(Math.max(shape[axis], OPEN), name));
    }
    return new ValueType(
        node.getName(), TensorProto.DataType.valueOf(type).getNumber(), axes, true);
  }

  /** Returns the type of arrays that are fed; {@code UNKNOWN} if none can be. */
  public DataType arrays() {
    return Arrays.stream(ElementType.values())
        .filter(type -> type.number() == elementType && RuntimeValue.isFed(type))
        .map(ElementType::nd4j)
        .findFirst()
        .orElse(DataType.UNKNOWN);
  }

  /** Returns the name of the element type, for messages. */
  public String typeName() {
    return elementType == 0
        ? "no tensor"
        : String.valueOf(TensorProto.DataType.forNumber(elementType));
  }

  /** Returns the sizes of the axes. */
  public List<Long> sizes() {
    return axes.stream().map(Axis::size).toList();
  }
}
