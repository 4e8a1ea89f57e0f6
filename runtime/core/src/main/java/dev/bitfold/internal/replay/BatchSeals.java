package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;

/**
 * Notices a batch that holds other values in a later pass than in the first: an iterable that draws
 * or shuffles its batches anew, or a forward that writes to them. Batches are told apart by shape
 * and a bounded sample of their values, where they are tensors, or arrays, collections and maps of
 * such, of numbers or of texts. Those of other classes are not compared. Thread-safe.
 */
final class BatchSeals {
  private static final int SAMPLED = 1024;
  private static final long ODD = 0x9E3779B97F4A7C15L;

  private final Map<Integer, Long> seals = new ConcurrentHashMap<>();

  /**
   * Notes a batch, or compares it with what was noted.
   *
   * @param number of the batch
   * @throws CalibrationException if the batch of this number held other values before
   */
  void require(int number, @Nullable Object batch) {
    Long before = seals.putIfAbsent(number, of(batch));
    if (before != null && before != of(batch)) {
      throw new CalibrationException(
          "batch "
              + number
              + " holds other values than in the first pass, and each pass needs the same: give a"
              + " List, or an Iterable that gives the same batches in the same order each time, and"
              + " let forward not write to its batch");
    }
  }

  /** Returns a hash of a batch's values: 0 if it is of a class whose values are not known. */
  static long of(@Nullable Object batch) {
    if (batch instanceof INDArray x) {
      return ofTensor(x);
    }
    if (batch instanceof Object[] several) {
      return ofAll(Arrays.asList(several));
    }
    if (batch instanceof Collection<?> several) {
      return ofAll(several);
    }
    if (batch instanceof Map<?, ?> named) {
      return named.entrySet().stream()
          .mapToLong(entry -> mixed(of(entry.getKey()), of(entry.getValue())))
          .sum();
    }
    if (batch instanceof long[] numbers) {
      return Arrays.hashCode(numbers);
    }
    if (batch instanceof int[] numbers) {
      return Arrays.hashCode(numbers);
    }
    if (batch instanceof float[] numbers) {
      return Arrays.hashCode(numbers);
    }
    if (batch instanceof double[] numbers) {
      return Arrays.hashCode(numbers);
    }
    return batch instanceof String || batch instanceof Number ? batch.hashCode() : 0;
  }

  /** Of a set, whose order is not its own, the elements count and not their places. */
  private static long ofAll(Collection<?> several) {
    long hash = several.size();
    for (Object one : several) {
      hash = several instanceof java.util.Set ? hash + mixed(1, of(one)) : mixed(hash, of(one));
    }
    return hash;
  }

  private static long ofTensor(INDArray x) {
    if (x.wasClosed() || x.dataType() == DataType.UTF8) {
      return 0;
    }
    long[] shape = x.shape();
    long hash = Arrays.hashCode(shape);
    long length = x.length();
    long step = Math.max(1, length / SAMPLED);
    for (long i = 0; i < length; i += step) {
      // By its place: one index alone counts in the order of the memory.
      double value = shape.length == 0 ? x.getDouble(0) : x.getDouble(Shape.ind2subC(shape, i));
      hash = mixed(hash, Double.doubleToLongBits(value));
    }
    return hash;
  }

  /** Returns a hash of both. */
  static long mixed(long hash, long value) {
    long mixed = (hash + value) * ODD;
    return mixed ^ (mixed >>> 29);
  }
}
