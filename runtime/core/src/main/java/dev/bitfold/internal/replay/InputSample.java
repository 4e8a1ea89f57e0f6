package dev.bitfold.internal.replay;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
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

    FloatBuffer asBuffer() {
      return FloatBuffer.wrap(values);
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
    if (hash >= ceiling) {
      return;
    }
    Unit same = units.get(hash);
    if (same != null) {
      // Units may share the elements that are hashed: the one with the smaller values is kept.
      if (same.values.length == size && values.slice(from, size).compareTo(same.asBuffer()) < 0) {
        values.get(from, same.values);
      }
      return;
    }
    float[] unit = room(hash, size);
    if (unit != null) {
      values.get(from, unit);
      units.put(hash, new Unit(unit, shape));
      elements += size;
    }
  }

  /**
   * Makes room for a unit by dropping those with larger hashes.
   *
   * @return the array of the unit; null if there is no room
   */
  private float @Nullable [] room(long hash, int size) {
    // A unit that is dropped leaves its array to the next one, because new arrays would cost more
    // than copying.
    float[] unit = null;
    while (!units.isEmpty() && (units.size() >= MAX_UNITS || elements + size > MAX_ELEMENTS)) {
      if (hash > units.lastKey()) {
        ceiling = hash;
        return null;
      }
      Map.Entry<Long, Unit> last = units.pollLastEntry();
      ceiling = last.getKey();
      float[] out = last.getValue().values;
      elements -= out.length;
      unit = out.length == size ? out : unit;
    }
    return unit == null ? new float[size] : unit;
  }

  /** Adds what another sample of the same tensor has kept. */
  synchronized void merge(InputSample other) {
    limit(other.ceiling);
    other.units.forEach(
        (hash, unit) ->
            add(hash, FloatBuffer.wrap(unit.values), 0, unit.values.length, unit.shape));
  }

  /** Drops the units that another sample had no room for. */
  private void limit(long other) {
    ceiling = Math.min(ceiling, other);
    Map<Long, Unit> dropped = units.tailMap(ceiling, true);
    dropped.values().forEach(unit -> elements -= unit.values.length);
    dropped.clear();
  }

  synchronized void writeTo(DataOutput out) throws IOException {
    out.writeLong(ceiling);
    out.writeInt(units.size());
    for (Map.Entry<Long, Unit> unit : units.entrySet()) {
      out.writeLong(unit.getKey());
      Floats.write(out, unit.getValue().values, unit.getValue().shape);
    }
  }

  /** Adds what another sample of the same tensor wrote. */
  synchronized void readFrom(DataInput in) throws IOException {
    limit(in.readLong());
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      long hash = in.readLong();
      Floats floats = Floats.read(in);
      float[] values = floats.values();
      add(hash, FloatBuffer.wrap(values), 0, values.length, floats.shape());
    }
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
