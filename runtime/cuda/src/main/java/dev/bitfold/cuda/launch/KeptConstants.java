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
 * Sends constants only once. If the same array of floats or the same integers are sent again, they
 * are already on the device. This is for arrays that are never written to and are the same in every
 * call, such as a quantizer's fixed scales. Safe for concurrent use until it is closed.
 */
public final class KeptConstants implements AutoCloseable {
  /** The largest number of integer arrays: they depend on the shape, and there are many shapes. */
  private static final int MAX_INTEGERS = 256;

  private final IdentityHashMap<float[], DeviceMemory> floats = new IdentityHashMap<>();
  private final Map<List<Integer>, DeviceMemory> integers = new HashMap<>();

  /** Returns these constants for the work in a lane. */
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
      if (integers.size() == MAX_INTEGERS) {
        return lane.integers(values);
      }
      known = sent(lane, values.length, to -> lane.staging().upload(values, to));
      integers.put(key, known);
    }
    return known.start();
  }

  /** Sends words and waits until they are on the device, so that other lanes may read them. */
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
