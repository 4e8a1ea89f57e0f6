package dev.bitfold.onnx.model.data;

import dev.bitfold.descriptor.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gives a batch the types that a model's inputs have. */
final class FittedFeed {
  private static final Set<DataType> INTEGERS =
      Set.of(DataType.INT64, DataType.INT32, DataType.INT16, DataType.INT8, DataType.UINT8);

  private FittedFeed() {}

  /**
   * Returns the batch in the order of the inputs, cast where the values stay the same.
   *
   * @throws FeedException if an array is missing, is not an input, or has a shape or values that
   *     the input does not take
   */
  static Feed of(Feed feed, List<FeedInput> inputs) {
    List<String> names = inputs.stream().map(FeedInput::name).toList();
    for (String name : feed.arrays().keySet()) {
      if (!names.contains(name)) {
        throw new FeedException(
            feed.where(),
            "the model has no input '" + name + "'; " + NearestName.question(name, names));
      }
    }
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>(names);
    missing.removeAll(feed.arrays().keySet());
    if (!missing.isEmpty()) {
      throw new FeedException(
          feed.where(),
          "holds no array for the model's input"
              + (missing.size() > 1 ? "s " : " ")
              + String.join(", ", missing)
              + "; it holds "
              + String.join(", ", feed.arrays().keySet()));
    }
    for (FeedInput input : inputs) {
      INDArray array = feed.arrays().get(input.name());
      if (array != null) {
        arrays.put(input.name(), fitted(feed.where(), input, array));
      }
    }
    return new Feed(feed.where(), arrays);
  }

  private static INDArray fitted(String where, FeedInput input, INDArray array) {
    if (array.isEmpty() || !input.takes(array.shape())) {
      throw new FeedException(
          where,
          "array '"
              + input.name()
              + "' is "
              + Feed.describe(array)
              + "; the model's input is "
              + input
              + (array.isEmpty() ? ", and must hold values" : ""));
    }
    if (array.dataType() == input.type()) {
      return array;
    }
    INDArray cast = array.castTo(input.type());
    long changed = firstChanged(array, cast);
    if (changed >= 0) {
      throw new FeedException(
          where,
          "array '"
              + input.name()
              + "' is "
              + Feed.describe(array)
              + "; the model's input is "
              + input
              + ", which has no "
              + text(array, changed)
              + " as at "
              + Feed.index(array.shape(), changed)
              + ": save the array as "
              + TypeNames.of(input.type()));
    }
    return cast;
  }

  /** Returns the first element, in c order, that a cast has changed, or -1. */
  private static long firstChanged(INDArray from, INDArray to) {
    if (isWhole(from.dataType()) && isWhole(to.dataType())) {
      long[] before = longs(from);
      long[] after = longs(to);
      for (int i = 0; i < before.length; i++) {
        if (before[i] != after[i]) {
          return i;
        }
      }
      return -1;
    }
    // A double holds every value of all types but those of int64 beyond 2^53.
    double[] before = doubles(from);
    double[] after = doubles(to);
    for (int i = 0; i < before.length; i++) {
      if (before[i] != after[i] || (isWhole(to.dataType()) && Math.abs(before[i]) >= 0x1p63)) {
        return i;
      }
    }
    if (from.dataType() == DataType.INT64 || to.dataType() == DataType.INT64) {
      long[] whole = longs(from.dataType() == DataType.INT64 ? from : to);
      for (int i = 0; i < whole.length; i++) {
        if (Math.abs(whole[i]) > 1L << 53) {
          return i;
        }
      }
    }
    return -1;
  }

  private static boolean isWhole(DataType type) {
    return type == DataType.BOOL || INTEGERS.contains(type);
  }

  private static long[] longs(INDArray array) {
    return array.castTo(DataType.INT64).dup('c').data().asLong();
  }

  private static double[] doubles(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static String text(INDArray array, long at) {
    return isWhole(array.dataType())
        ? String.valueOf(longs(array)[(int) at])
        : String.valueOf(doubles(array)[(int) at]);
  }
}
