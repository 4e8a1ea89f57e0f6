package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
      public DevicePointer floats(float[] values, int count) {
        return KeptConstants.this.floats(lane, values, count);
      }

      @Override
      public DevicePointer integers(int[] values) {
        return KeptConstants.this.integers(lane, values);
      }
    };
  }

  private synchronized DevicePointer floats(Lane lane, float[] values, int count) {
    DeviceMemory known = floats.get(values);
    if (known == null) {
      known = sent(lane, count, to -> lane.staging().upload(values, count, to));
      floats.put(values, known);
    }
    return known.start();
  }

  private synchronized DevicePointer integers(Lane lane, int[] values) {
    List<Integer> key = IntStream.of(values).boxed().toList();
    DeviceMemory known = integers.get(key);
    if (known == null) {
      if (integers.size() == MOST_INTEGERS) {
        return lane.integers(values);
      }
      known = sent(lane, values.length, to -> lane.staging().upload(values, to));
      integers.put(key, known);
    }
    return known.start();
  }

  /** Words that are on the card when this returns: other lanes may read them at once. */
  private static DeviceMemory sent(Lane lane, int words, Consumer<DevicePointer> upload) {
    DeviceMemory memory = lane.stream().device().allocate(4L * Math.max(1, words));
    try {
      upload.accept(memory.start());
      lane.stream().synchronize();
      return memory;
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
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
