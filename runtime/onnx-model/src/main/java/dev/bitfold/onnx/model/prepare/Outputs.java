package dev.bitfold.onnx.model.prepare;

import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a file has computed of one feed: floats, and anything else as Java holds it. */
record Outputs(Map<String, Object> values) {
  /** Floats of a shape. */
  @SuppressWarnings("ArrayRecordComponent") // compared element by element
  private record Floats(double[] values, long[] shape) {}

  /**
   * How two outputs differ.
   *
   * @param output its name
   * @param how in words, with the relative difference where both are floats
   */
  record Difference(String output, String how) {
    @Override
    public String toString() {
      return "output " + output + " " + how;
    }
  }

  static Outputs of(OrtSession.Result result) throws OrtException {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, OnnxValue> output : result) {
      flatten(output.getKey(), output.getValue(), values);
    }
    return new Outputs(values);
  }

  private static void flatten(String name, OnnxValue value, Map<String, Object> values)
      throws OrtException {
    if (value instanceof OnnxTensor tensor) {
      values.put(name, tensor(tensor));
    } else if (value instanceof OnnxSequence sequence) {
      int i = 0;
      for (OnnxValue element : sequence.getValue()) {
        flatten(name + "[" + i++ + "]", element, values);
        element.close();
      }
      values.put(name, i);
    } else if (value instanceof OnnxMap map) {
      values.put(name, map.getValue());
    }
  }

  private static Object tensor(OnnxTensor tensor) throws OrtException {
    long[] shape = tensor.getInfo().getShape();
    return switch (tensor.getInfo().type) {
      case FLOAT, FLOAT16, BFLOAT16 -> {
        FloatBuffer floats = tensor.getFloatBuffer();
        double[] values = new double[floats.remaining()];
        for (int i = 0; i < values.length; i++) {
          values[i] = floats.get(i);
        }
        yield new Floats(values, shape);
      }
      case DOUBLE -> {
        DoubleBuffer doubles = tensor.getDoubleBuffer();
        double[] values = new double[doubles.remaining()];
        doubles.get(values);
        yield new Floats(values, shape);
      }
      case STRING, INT8, INT16, INT32, INT64, UINT8, BOOL ->
          new Object[] {Arrays.toString(shape), tensor.getValue()};
      default -> new Object[] {Arrays.toString(shape), tensor.getByteBuffer()};
    };
  }

  /**
   * How other outputs differ from these; empty if they agree.
   *
   * @param bound the difference of two floats that is allowed, as a share of the output's largest
   *     magnitude; all else must be equal
   */
  Optional<Difference> against(Outputs other, double bound) {
    for (Map.Entry<String, Object> output : values.entrySet()) {
      Object actual = other.values().get(output.getKey());
      if (actual == null) {
        return Optional.of(new Difference(output.getKey(), "is missing"));
      }
      if (output.getValue() instanceof Floats expected && actual instanceof Floats got) {
        if (!Arrays.equals(expected.shape(), got.shape())) {
          return Optional.of(
              new Difference(
                  output.getKey(),
                  "has the shape "
                      + Arrays.toString(got.shape())
                      + ", not "
                      + Arrays.toString(expected.shape())));
        }
        double difference = difference(expected.values(), got.values());
        if (difference > bound) {
          return Optional.of(
              new Difference(
                  output.getKey(),
                  String.format(Locale.ROOT, "differs by %.1e of its range", difference)));
        }
      } else if (!Arrays.deepEquals(new Object[] {output.getValue()}, new Object[] {actual})) {
        return Optional.of(new Difference(output.getKey(), "has other values"));
      }
    }
    return Optional.empty();
  }

  /**
   * The largest difference over the largest finite magnitude; infinite where only one is finite.
   */
  private static double difference(double[] expected, double[] actual) {
    double largest = Double.MIN_NORMAL;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Double.compare(expected[i], actual[i]) == 0) {
        largest = Double.isFinite(expected[i]) ? Math.max(largest, Math.abs(expected[i])) : largest;
      } else if (Double.isFinite(expected[i]) && Double.isFinite(actual[i])) {
        largest = Math.max(largest, Math.abs(expected[i]));
        difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
      } else {
        return Double.POSITIVE_INFINITY;
      }
    }
    return difference / largest;
  }
}
