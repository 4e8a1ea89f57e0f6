package dev.bitfold.onnx.model.data;

import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.core.JsonFactory;
import org.nd4j.shade.jackson.core.JsonParseException;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonToken;

/**
 * Reads a JSON object of nested arrays: integers as int64, truth values as bool, and arrays with
 * any other number as float32.
 */
final class JsonFeed {
  private static final JsonFactory JSON =
      new JsonFactory().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
  private static final int MAX_RANK = 16;

  private final String where;
  private final JsonParser in;

  private String name = "";
  private long[] sizes = new long[0];
  private int rank;
  private double[] values = new double[0];
  private long[] integers = new long[0];
  private int count;
  private boolean integral;
  private boolean truth;

  private JsonFeed(String where, JsonParser in) {
    this.where = where;
    this.in = in;
  }

  static Feed read(String where, byte[] line) {
    try (JsonParser parser = JSON.createParser(line)) {
      return new Feed(where, new JsonFeed(where, parser).arrays());
    } catch (JsonParseException e) {
      throw new FeedException(where, "is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new FeedException(where, "cannot be read: " + e.getMessage(), e);
    }
  }

  private Map<String, INDArray> arrays() throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      throw new FeedException(where, "is not a JSON object of arrays by the names of the inputs");
    }
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      name = in.getCurrentName();
      in.nextToken();
      arrays.put(name, array());
    }
    if (in.nextToken() != null) {
      throw new FeedException(where, "holds more than one JSON object; write one a line");
    }
    return arrays;
  }

  private INDArray array() throws IOException {
    sizes = new long[MAX_RANK];
    Arrays.fill(sizes, -1);
    rank = -1;
    count = 0;
    integral = true;
    truth = false;
    values = new double[16];
    integers = new long[16];
    value(0);
    long[] shape = Arrays.copyOf(sizes, rank < 0 ? depth() : rank);
    return integral ? integers(shape) : floats(shape);
  }

  /** Returns the rank of an array without values. */
  private int depth() {
    int depth = 0;
    while (depth < MAX_RANK && sizes[depth] >= 0) {
      depth++;
    }
    return depth;
  }

  private INDArray integers(long[] shape) {
    int width = truth ? 1 : Long.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(count * width).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      if (truth) {
        bytes.put((byte) integers[i]);
      } else {
        bytes.putLong(integers[i]);
      }
    }
    return HostArrays.of(truth ? DataType.BOOL : DataType.INT64, shape, bytes.array());
  }

  private INDArray floats(long[] shape) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) values[i];
      if (Float.isInfinite(floats[i])) {
        throw fault("holds " + values[i] + ", which float32 does not have");
      }
    }
    return DenseFloats.array(floats, shape);
  }

  private void value(int axis) throws IOException {
    switch (in.currentToken()) {
      case START_ARRAY -> {
        if (axis == MAX_RANK || (rank >= 0 && axis >= rank)) {
          throw ragged();
        }
        long size = 0;
        while (in.nextToken() != JsonToken.END_ARRAY) {
          value(axis + 1);
          size++;
        }
        if (sizes[axis] >= 0 && sizes[axis] != size) {
          throw fault("is ragged: it has rows of " + sizes[axis] + " and of " + size + " values");
        }
        sizes[axis] = size;
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(axis);
      case VALUE_TRUE, VALUE_FALSE -> {
        add(axis, true);
        integers[count] = in.currentToken() == JsonToken.VALUE_TRUE ? 1 : 0;
        count++;
      }
      default -> throw fault("holds " + in.getText() + ", which is not a number");
    }
  }

  private void number(int axis) throws IOException {
    add(axis, false);
    boolean whole = in.currentToken() == JsonToken.VALUE_NUMBER_INT;
    values[count] = in.getDoubleValue();
    if (whole && in.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw fault("holds " + in.getText() + ", which int64 does not have");
    }
    integers[count] = whole ? in.getLongValue() : 0;
    integral &= whole;
    count++;
  }

  private void add(int axis, boolean isTruth) {
    if (rank < 0) {
      rank = axis;
      truth = isTruth;
    }
    if (rank != axis || sizes[axis] >= 0) {
      throw ragged();
    }
    if (truth != isTruth) {
      throw fault("holds truth values and numbers");
    }
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
      integers = Arrays.copyOf(integers, 2 * count);
    }
  }

  private FeedException ragged() {
    return fault("is ragged: values and arrays lie side by side");
  }

  private FeedException fault(String problem) {
    return new FeedException(where, "array '" + name + "' " + problem);
  }
}
