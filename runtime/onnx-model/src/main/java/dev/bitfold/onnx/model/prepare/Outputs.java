package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.session.RuntimeValue;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
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

  static Outputs of(Map<String, RuntimeValue> computed) {
    Map<String, Object> values = new LinkedHashMap<>();
    computed.forEach((name, value) -> flatten(name, value, values));
    return new Outputs(values);
  }

  private static void flatten(String name, RuntimeValue value, Map<String, Object> values) {
    if (value.isFloats()) {
      values.put(name, new Floats(value.doubles(), value.shape()));
    } else if (value.isIntegers()) {
      values.put(name, new Object[] {Arrays.toString(value.shape()), value.integers()});
    } else if (value.isSequence()) {
      List<RuntimeValue> elements = value.elements();
      for (int i = 0; i < elements.size(); i++) {
        flatten(name + "[" + i + "]", elements.get(i), values);
        elements.get(i).close();
      }
      values.put(name, elements.size());
    } else {
      values.put(name, value.contents());
    }
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
