package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaDevice;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;

/**
 * Keeps the lanes of a device. There are at most as many as there have been operations at once.
 * Each has the memory of its largest operation. Safe for concurrent use.
 */
public final class Lanes {
  /** The lanes of each opened device, whose idle memory all operations share. */
  private static final Map<CudaDevice, Lanes> ALL = new ConcurrentHashMap<>();

  private final CudaDevice device;
  private final Deque<Lane> idle = new ConcurrentLinkedDeque<>();

  /** Returns the lanes of a device. */
  public static Lanes of(CudaDevice device) {
    return ALL.computeIfAbsent(device, Lanes::new);
  }

  private Lanes(CudaDevice device) {
    this.device = device;
    device.whenFull(this::release);
  }

  /** Returns the device. */
  public CudaDevice device() {
    return device;
  }

  /** Runs an operation in a lane, and waits until the device has completed it. */
  public void run(Consumer<Lane> operation) {
    Lane lane = idle.pollFirst();
    if (lane == null) {
      lane = new Lane(device);
    }
    boolean done = false;
    try {
      operation.accept(lane);
      lane.stream().synchronize();
      lane.reset();
      done = true;
    } finally {
      if (done) {
        idle.addFirst(lane);
      } else {
        discard(lane);
      }
    }
  }

  /** Closes idle lanes and gives their memory back. */
  public void release() {
    for (Lane lane = idle.pollFirst(); lane != null; lane = idle.pollFirst()) {
      lane.close();
    }
  }

  /** Closes a lane after a failure, so that nobody uses it in an unknown state. */
  private static void discard(Lane lane) {
    try {
      lane.stream().synchronize();
    } catch (RuntimeException e) {
      // The failure itself is on its way to the caller.
    }
    try {
      lane.close();
    } catch (RuntimeException e) {
      // A context that failed for good refuses this too.
    }
  }
}
