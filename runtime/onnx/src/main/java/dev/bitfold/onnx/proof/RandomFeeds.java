package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes random data for the inputs of a float model. */
final class RandomFeeds {
  /** The sizes of open axes that are tried one after another, until the model accepts them. */
  private static final List<Integer> SIZES = List.of(8, 32, 16, 64, 128, 224, 4, 1);

  private static final long MOST = 1 << 24;

  /** The operators whose output holds the same numbers as their first input. */
  private static final Set<String> SAME_NUMBERS =
      Set.of("Cast", "Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten");

  private static final Set<Integer> FLOATS =
      Set.of(
          TensorProto.DataType.FLOAT_VALUE,
          TensorProto.DataType.DOUBLE_VALUE,
          TensorProto.DataType.FLOAT16_VALUE);

  private final Graph graph;
  private final Map<String, Activation.Range> ranges = new HashMap<>();
  private final Random random;

  RandomFeeds(Reference reference, long seed) {
    this.graph = new Graph(reference.original());
    this.random = new Random(seed);
    for (Cut cut : reference.cuts()) {
      boolean fixed = cut.activation().ofRange().isEmpty();
      if (!cut.output() && fixed && cut.activation().factors().isEmpty()) {
        ranges.put(cut.value(), cut.activation().range());
      }
    }
  }

  /** Tries a feed. */
  @FunctionalInterface
  interface Taker {
    void run(Map<String, INDArray> feed) throws OrtRuns.RunException;
  }

  /**
   * Returns two feeds of different sizes if the file leaves sizes open, so that sizes that an
   * export has mistaken for fixed ones are found. Returns one feed if the model does not accept the
   * second.
   *
   * @throws OnnxException if the model accepts no random data
   */
  List<Map<String, INDArray>> takenBy(Taker model) {
    String refusal = "";
    for (int size : SIZES) {
      Map<String, INDArray> first = feed(2, size);
      try {
        model.run(first);
      } catch (OrtRuns.RunException e) {
        refusal = refusal.isEmpty() ? String.valueOf(e.getMessage()) : refusal;
        continue;
      }
      Map<String, INDArray> second = feed(3, size + (size > 1 ? size / 2 : 1));
      try {
        model.run(second);
      } catch (OrtRuns.RunException e) {
        return List.of(first);
      }
      return List.of(first, second);
    }
    throw graph.bad(
        "cannot be proved on random data, which the float model does not take ("
            + refusal
            + "); give the proof data: options.withProof(OnnxProof.on(feeds))");
  }

  /**
   * Returns a feed.
   *
   * @param batch the size of an open first axis
   * @param size the size of all other open axes
   * @throws OnnxException if there is no data for the type of an input
   */
  private Map<String, INDArray> feed(int batch, int size) {
    Map<String, INDArray> feed = new LinkedHashMap<>();
    Map<String, Long> named = new HashMap<>();
    for (ValueInfoProto input : graph.fedInputs()) {
      var type = input.getType().getTensorType();
      if (!input.getType().hasTensorType() || !type.hasShape()) {
        throw noData(input, "has no shape");
      }
      long[] shape = new long[type.getShape().getDimCount()];
      for (int axis = 0; axis < shape.length; axis++) {
        Dimension dim = type.getShape().getDim(axis);
        long open = axis == 0 ? batch : size;
        shape[axis] =
            switch (dim.getValueCase()) {
              case DIM_VALUE -> dim.getDimValue() > 0 ? dim.getDimValue() : open;
              case DIM_PARAM -> named.computeIfAbsent(dim.getDimParam(), k -> open);
              case VALUE_NOT_SET -> open;
            };
      }
      feed.put(input.getName(), values(input, type.getElemType(), shape));
    }
    return feed;
  }

  private OnnxException noData(ValueInfoProto input, String why) {
    return graph.bad(
        "input "
            + input.getName()
            + " "
            + why
            + ", so that no random data can be made for the proof; give it data:"
            + " options.withProof(OnnxProof.on(feeds))");
  }

  private INDArray values(ValueInfoProto input, int type, long[] shape) {
    long elements = 1;
    for (long size : shape) {
      elements = Math.min(MOST + 1, elements * Math.min(MOST + 1, size));
    }
    if (elements > MOST) {
      throw noData(input, "has more than " + MOST + " elements");
    }
    int length = (int) elements;
    if (FLOATS.contains(type)) {
      float[] values = new float[length];
      Activation.Range range = ranges.get(input.getName());
      for (int i = 0; i < length; i++) {
        values[i] =
            range == null || range.high() == range.low()
                ? (float) random.nextGaussian()
                : within(range);
      }
      return DenseFloats.array(values, shape);
    }
    long[] values = new long[length];
    long below = below(input.getName()).orElse(2);
    for (int i = 0; i < length; i++) {
      values[i] = (long) (random.nextDouble() * below);
    }
    switch (type) {
      case TensorProto.DataType.INT64_VALUE,
          TensorProto.DataType.INT32_VALUE,
          TensorProto.DataType.INT8_VALUE,
          TensorProto.DataType.UINT8_VALUE,
          TensorProto.DataType.BOOL_VALUE -> {}
      default -> throw noData(input, "is of type " + TensorProto.DataType.forNumber(type));
    }
    INDArray array = Nd4j.createFromArray(values);
    return shape.length == 0 ? array.reshape() : array.reshape(shape);
  }

  /** Returns a random value. One in eight is outside of the range, by up to a fourth of it. */
  private float within(Activation.Range range) {
    double width = (double) range.high() - range.low();
    double at = random.nextInt(8) == 0 ? 1.5 * random.nextDouble() - 0.25 : random.nextDouble();
    return (float) (range.low() + at * width);
  }

  /** Returns the number of rows of the smallest table that an input's numbers index. */
  private OptionalLong below(String input) {
    OptionalLong below = OptionalLong.empty();
    Set<String> seen = new HashSet<>();
    Deque<String> values = new ArrayDeque<>(List.of(input));
    while (!values.isEmpty()) {
      String value = values.remove();
      for (NodeProto reader : graph.readers(value)) {
        if (Graph.is(reader, "Gather") && reader.getInput(1).equals(value)) {
          long axis =
              reader.getAttributeList().stream()
                  .filter(a -> a.getName().equals("axis"))
                  .mapToLong(AttributeProto::getI)
                  .findFirst()
                  .orElse(0);
          List<Long> table =
              new ArrayList<>(
                  graph.held(reader.getInput(0)).map(TensorProto::getDimsList).orElse(List.of()));
          int at = (int) (axis < 0 ? axis + table.size() : axis);
          if (at >= 0 && at < table.size()) {
            below = OptionalLong.of(Math.min(below.orElse(Long.MAX_VALUE), table.get(at)));
          }
        } else if (SAME_NUMBERS.contains(reader.getOpType())
            && reader.getInput(0).equals(value)
            && seen.add(reader.getOutput(0))) {
          values.add(reader.getOutput(0));
        }
      }
    }
    return below;
  }
}
