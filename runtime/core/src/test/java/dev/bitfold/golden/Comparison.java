package dev.bitfold.golden;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Compares a result with the recorded one, field by field. */
final class Comparison {
  private Comparison() {}

  static void check(GoldenCase golden, GoldenResult result) {
    golden
        .expected()
        .fields()
        .forEachRemaining(
            field -> {
              String name = field.getKey();
              if (result.leftOut().containsKey(name)) {
                return;
              }
              GoldenResult.Field actual = result.fields().get(name);
              if (actual == null) {
                fail(golden + ": no result for the expected field " + name);
                return;
              }
              Tolerance tolerance = OnPurpose.tolerance(golden).orElse(actual.tolerance());
              field(golden + " " + name, field.getValue(), actual.value(), tolerance);
            });
  }

  private static void field(String where, JsonNode expected, Object actual, Tolerance tolerance) {
    if (actual instanceof Boolean || actual instanceof String) {
      if (!expected.asText().equals(actual.toString())) {
        fail(where + ": expected " + expected + ", was " + actual);
      }
      return;
    }
    if (!GoldenTensor.isTensor(expected)) {
      values(where, new double[] {GoldenTensor.number(expected)}, flat(actual), tolerance);
      return;
    }
    GoldenTensor tensor = GoldenTensor.parse(expected);
    if (actual instanceof INDArray array && !Arrays.equals(tensor.shape(), array.shape())) {
      fail(
          where
              + ": expected shape "
              + Arrays.toString(tensor.shape())
              + ", was "
              + Arrays.toString(array.shape()));
    }
    values(where, tensor.values(), flat(actual), tolerance);
  }

  private static void values(
      String where, double[] expected, double[] actual, Tolerance tolerance) {
    if (expected.length != actual.length) {
      fail(where + ": expected " + expected.length + " values, were " + actual.length);
    }
    int wrong = 0;
    String first = "";
    for (int i = 0; i < expected.length; i++) {
      if (!tolerance.accepts(expected[i], actual[i]) && wrong++ == 0) {
        first = "first at index " + i + ": expected " + expected[i] + ", was " + actual[i];
      }
    }
    if (wrong > 0) {
      fail(
          where
              + " ("
              + tolerance
              + "): "
              + wrong
              + " of "
              + expected.length
              + " differ, "
              + first);
    }
  }

  private static double[] flat(Object value) {
    if (value instanceof INDArray array) {
      return array.isEmpty() ? new double[0] : array.dup('c').data().asDouble();
    }
    if (value instanceof float[] floats) {
      double[] doubles = new double[floats.length];
      Arrays.setAll(doubles, i -> floats[i]);
      return doubles;
    }
    if (value instanceof double[] doubles) {
      return doubles;
    }
    if (value instanceof int[] ints) {
      return Arrays.stream(ints).asDoubleStream().toArray();
    }
    if (value instanceof long[] longs) {
      return Arrays.stream(longs).asDoubleStream().toArray();
    }
    if (value instanceof byte[] bytes) {
      double[] doubles = new double[bytes.length];
      Arrays.setAll(doubles, i -> bytes[i] & 0xff);
      return doubles;
    }
    if (value instanceof Number number) {
      return new double[] {number.doubleValue()};
    }
    throw new IllegalArgumentException("cannot compare a " + value.getClass().getName());
  }
}
