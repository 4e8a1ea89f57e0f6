package dev.bitfold.internal.replay;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Keeps a bounded sample of one input: the units (tokens, images …) with the smallest hashes. The
 * sample does not depend on the order of the batches or the number of threads. Safe for concurrent
 * use.
 */
final class InputSample {
  private static final int MAX_UNITS = 256;
  private static final int MAX_ELEMENTS = 1 << 16;

  private final Layout layout;
  private final TreeMap<Long, Unit> units = new TreeMap<>();
  private long elements;
  // The smallest hash for which there was no room. Units with this hash or a larger one are not
  // taken, because otherwise units of several sizes would make the sample depend on their order.
  private long ceiling = Long.MAX_VALUE;

  /**
   * Holds a unit in plain Java arrays, because many units come and go, and an INDArray for each
   * would cost more than a layer.
   */
  private static final class Unit {
    final float[] values;
    final long[] shape;

    Unit(float[] values, long[] shape) {
      this.values = values;
      this.shape = shape;
    }

    INDArray array() {
      return Nd4j.createFromArray(values).reshape(shape);
    }
  }

  InputSample(Layout layout) {
    this.layout = layout;
  }

  void observe(DenseFloats x) {
    long[] shape = x.array().shape().clone(); // the array itself gives its own
    int leading = leadingAxes(shape.length);
    int length = x.length();
    if (length == 0) {
      return;
    }
    long count = 1;
    for (int i = 0; i < leading; i++) {
      count *= shape[i];
    }
    int size = Math.toIntExact(length / count);
    Arrays.fill(shape, 0, leading, 1);
    x.use(
        values -> {
          synchronized (this) {
            for (int from = 0; from < length; from += size) {
              add(hash(values, from, size), values, from, size, shape);
            }
          }
        });
  }

  /**
   * Returns the number of leading axes that count units: batch, sequence, and axes without a name.
   */
  private int leadingAxes(int rank) {
    if (layout.isUnknown()) {
      return rank < 2 ? 0 : 1;
    }
    int named = layout.namedAxes();
    String letters = layout.letters().substring(layout.isOpen() ? 1 : 0);
    int tokens = 0;
    while (tokens < named && "NT".indexOf(letters.charAt(tokens)) >= 0) {
      tokens++;
    }
    return rank - named + tokens;
  }

  /** Returns a hash of a few elements, which is enough to choose units. */
  private static long hash(FloatBuffer values, int from, int size) {
    int step = Math.max(1, size / 16);
    long hash = size;
    for (int i = 0; i < size; i += step) {
      hash = (hash ^ Float.floatToIntBits(values.get(from + i))) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 31;
    }
    return hash;
  }

  private void add(long hash, FloatBuffer values, int from, int size, long[] shape) {
    if (hash >= ceiling || units.containsKey(hash)) {
      return;
    }
    // A unit that is dropped leaves its array to the next one, because new arrays would cost more
    // than copying.
    float[] unit = null;
    while (!units.isEmpty() && (units.size() >= MAX_UNITS || elements + size > MAX_ELEMENTS)) {
      if (hash > units.lastKey()) {
        ceiling = hash;
        return;
      }
      Map.Entry<Long, Unit> last = units.pollLastEntry();
      ceiling = last.getKey();
      float[] out = last.getValue().values;
      elements -= out.length;
      unit = out.length == size ? out : unit;
    }
    if (unit == null) {
      unit = new float[size];
    }
    values.get(from, unit);
    units.put(hash, new Unit(unit, shape));
    elements += size;
  }

  /** Returns whether none of a quantizer's dynamic scales spans two units. */
  synchronized boolean keepsUnitsApart(Quantizer quantizer) {
    if (units.isEmpty()) {
      return true;
    }
    int rank = units.firstEntry().getValue().shape.length;
    return Arrays.stream(quantizer.blocks(rank)).limit(leadingAxes(rank)).allMatch(b -> b == 1);
  }

  /** Returns the distortion that a quantizer adds to the sample. */
  synchronized Distortion distortion(
      Quantizer quantizer, java.util.function.UnaryOperator<INDArray> scaled) {
    Distortion sum = Distortion.NONE;
    for (Unit held : units.values()) {
      INDArray unit = held.array();
      sum = sum.plus(Distortion.of(scaled.apply(unit), quantizer.quantize(unit)));
    }
    return sum;
  }
}
