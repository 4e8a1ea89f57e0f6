package dev.bitfold.onnx.session;

import dev.bitfold.tensor.DenseFloats;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes random data for the inputs of a model. For one thread. */
public final class RandomFeeds {
  private static final long MAX_ELEMENTS = 1 << 24;

  /**
   * Describes data of one kind.
   *
   * @param batch the size of a first axis that is open
   * @param size the size of other open axes; axes of one name have one size
   * @param below integers are at least 0 and less than this
   * @param positive whether floats are at least 0.5, and integers one more
   */
  public record Kind(int batch, int size, int below, boolean positive) {}

  /**
   * Describes the numbers that an input is made for.
   *
   * @param low the smallest
   * @param high the largest
   */
  public record Range(float low, float high) {
    /** Returns a random value. One in eight is outside of the range, by up to a fourth of it. */
    private float draw(Random random) {
      double width = (double) high - low;
      double at = random.nextInt(8) == 0 ? 1.5 * random.nextDouble() - 0.25 : random.nextDouble();
      return (float) (low + at * width);
    }
  }

  private final List<ValueType> inputs;
  private final Map<String, Range> ranges;
  private final Map<String, Long> tables;
  private final Random random;

  /**
   * Begins with a seed.
   *
   * @param ranges of inputs of floats, by name; the others are normal
   * @param tables the number of rows of the table that an input's integers index, by name; the
   *     others are as the kind says
   */
  public RandomFeeds(
      List<ValueType> inputs, Map<String, Range> ranges, Map<String, Long> tables, long seed) {
    this.inputs = List.copyOf(inputs);
    this.ranges = Map.copyOf(ranges);
    this.tables = Map.copyOf(tables);
    this.random = new Random(seed);
  }

  /**
   * Returns the next feed.
   *
   * @throws SessionException if an input is not a tensor of numbers, has no shape, or too many
   *     elements
   */
  public Map<String, INDArray> draw(Kind kind) {
    Map<String, Long> named = new HashMap<>();
    Map<String, INDArray> feed = new LinkedHashMap<>();
    for (ValueType input : inputs) {
      if (input.elementType() == 0 || !input.shaped()) {
        throw none(input, "has no shape");
      }
      DataType type = input.arrays();
      if (type == DataType.UNKNOWN) {
        throw none(input, "is of type " + input.typeName());
      }
      feed.put(input.name(), draw(input, type, shape(input, kind, named), kind));
    }
    return feed;
  }

  private static long[] shape(ValueType input, Kind kind, Map<String, Long> named) {
    long[] shape = new long[input.axes().size()];
    for (int axis = 0; axis < shape.length; axis++) {
      ValueType.Axis declared = input.axes().get(axis);
      long open = axis == 0 ? kind.batch() : kind.size();
      shape[axis] = declared.size();
      if (declared.size() == ValueType.OPEN) {
        shape[axis] =
            declared.name().isEmpty() ? open : named.computeIfAbsent(declared.name(), k -> open);
      }
    }
    return shape;
  }

  private INDArray draw(ValueType input, DataType type, long[] shape, Kind kind) {
    long elements = 1;
    for (long size : shape) {
      elements = Math.min(MAX_ELEMENTS + 1, elements * Math.min(MAX_ELEMENTS + 1, size));
    }
    if (elements > MAX_ELEMENTS) {
      throw none(input, "has more than " + MAX_ELEMENTS + " elements");
    }
    if (elements == 0) {
      return Nd4j.create(type, shape);
    }
    int length = (int) elements;
    if (type.isFPType()) {
      float[] values = new float[length];
      Range range = ranges.get(input.name());
      for (int i = 0; i < length; i++) {
        values[i] = range == null ? normal(kind) : range.draw(random);
      }
      return DenseFloats.array(values, shape);
    }
    long below = tables.getOrDefault(input.name(), (long) kind.below());
    long[] values = new long[length];
    for (int i = 0; i < length; i++) {
      values[i] = (long) (random.nextDouble() * below) + (kind.positive() ? 1 : 0);
    }
    INDArray array = Nd4j.createFromArray(values);
    return shape.length == 0 ? array.reshape() : array.reshape(shape);
  }

  private static SessionException none(ValueType input, String why) {
    return new SessionException("input " + input.name() + " " + why);
  }

  private float normal(Kind kind) {
    double normal = random.nextGaussian();
    return (float) (kind.positive() ? Math.abs(normal) + 0.5 : normal);
  }
}
