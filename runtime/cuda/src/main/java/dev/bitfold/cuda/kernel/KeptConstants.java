package dev.bitfold.cuda.kernel;

import dev.bitfold.cuda.driver.DeviceMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Constants that are sent once: the same array of floats is on the card already when it is asked
 * for again, and so are the same integers. For arrays that are never written to, and are the same
 * in every call: what a quantizer was fixed with. Safe for concurrent use, until it is closed.
 */
public final class KeptConstants implements AutoCloseable {
  /** Integers follow from a tensor's shape, of which there may be any number. */
  private static final int MOST_INTEGERS = 256;

  private final IdentityHashMap<float[], DeviceMemory> floats = new IdentityHashMap<>();
  private final Map<List<Integer>, DeviceMemory> integers = new HashMap<>();

  /** These constants for what runs in a lane. */
  public Constants in(Lane lane) {
    return new Constants() {
      @Override
      public long floats(float[] values, int count) {
        return KeptConstants.this.floats(lane, values, count);
      }

      @Override
      public long integers(int[] values) {
        return KeptConstants.this.integers(lane, values);
      }
    };
  }

  private synchronized long floats(Lane lane, float[] values, int count) {
    DeviceMemory known = floats.get(values);
    if (known == null) {
      known = lane.stream().device().allocate(4L * Math.max(1, count));
      floats.put(values, known);
      lane.staging().upload(values, count, known.address());
      // Other lanes may read it at once.
      lane.stream().synchronize();
    }
    return known.address();
  }

  private synchronized long integers(Lane lane, int[] values) {
    List<Integer> key = IntStream.of(values).boxed().toList();
    DeviceMemory known = integers.get(key);
    if (known == null) {
      if (integers.size() == MOST_INTEGERS) {
        return lane.integers(values);
      }
      known = lane.stream().device().allocate(4L * Math.max(1, values.length));
      integers.put(key, known);
      lane.staging().upload(values, known.address());
      lane.stream().synchronize();
    }
    return known.address();
  }

  @Override
  public synchronized void close() {
    List<DeviceMemory> all = new ArrayList<>(floats.values());
    all.addAll(integers.values());
    floats.clear();
    integers.clear();
    all.forEach(DeviceMemory::close);
  }
}
