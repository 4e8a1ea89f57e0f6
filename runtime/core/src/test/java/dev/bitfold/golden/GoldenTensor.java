package dev.bitfold.golden;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;

/** A recorded tensor: its values in C order, as doubles that hold the recorded type exactly. */
final class GoldenTensor {
  private final DataType type;
  private final long[] shape;
  private final double[] values;

  private GoldenTensor(DataType type, long[] shape, double[] values) {
    this.type = type;
    this.shape = shape;
    this.values = values;
  }

  static GoldenTensor parse(JsonNode json) {
    DataType type = type(json.path("dtype").asText("float32"));
    long[] shape = longs(json.path("shape"));
    JsonNode data = json.path("data");
    double[] values =
        data.isArray()
            ? LongStream.range(0, data.size()).mapToDouble(i -> number(data.get((int) i))).toArray()
            : new double[] {number(data)};
    if (type == DataType.FLOAT) {
      Arrays.setAll(values, i -> (float) values[i]);
    }
    return new GoldenTensor(type, shape, values);
  }

  static boolean isTensor(JsonNode json) {
    return json.isObject() && json.has("shape") && json.has("data");
  }

  /** A number, or "NaN", "Infinity", "-Infinity". */
  static double number(JsonNode json) {
    return json.isTextual() ? Double.parseDouble(json.asText()) : json.asDouble();
  }

  private static DataType type(String name) {
    return switch (name) {
      case "float32" -> DataType.FLOAT;
      case "float64" -> DataType.DOUBLE;
      case "int8" -> DataType.INT8;
      case "uint8" -> DataType.UINT8;
      case "int32" -> DataType.INT32;
      case "int64" -> DataType.INT64;
      default -> throw new IllegalArgumentException("a recorded tensor of type " + name);
    };
  }

  private static long[] longs(JsonNode json) {
    return LongStream.range(0, json.size()).map(i -> json.get((int) i).asLong()).toArray();
  }

  /** Empty for a scalar. */
  long[] shape() {
    return shape;
  }

  double[] values() {
    return values;
  }

  INDArray array() {
    if (shape.length == 0) {
      return Nd4j.scalar(type, values[0]);
    }
    if (values.length == 0) {
      return Nd4j.create(type, shape);
    }
    if (type == DataType.FLOAT) {
      return Nd4j.create(floats(), shape, 'c');
    }
    return Nd4j.createFromArray(values).reshape('c', shape).castTo(type);
  }

  float[] floats() {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  long[] integers() {
    return Arrays.stream(values).mapToLong(v -> (long) v).toArray();
  }
}
