package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaDevice;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;

/**
 * The lanes of a card: as many as there are operations at once, at most, each with the memory that
 * its largest operation took. Safe for concurrent use.
 */
public final class Lanes {
  /** One for each card that was opened: its idle memory is for all. */
  private static final Map<CudaDevice, Lanes> ALL = new ConcurrentHashMap<>();

  private final CudaDevice device;
  private final Deque<Lane> idle = new ConcurrentLinkedDeque<>();

  /** Those of a card. */
  public static Lanes of(CudaDevice device) {
    return ALL.computeIfAbsent(device, Lanes::new);
  }

  private Lanes(CudaDevice device) {
    this.device = device;
    device.whenFull(this::release);
  }

  /** The card. */
  public CudaDevice device() {
    return device;
  }

  /** Runs an operation in a lane, and waits until the card has done it. */
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

  /** Closes idle lanes, with their memory. */
  public void release() {
    for (Lane lane = idle.pollFirst(); lane != null; lane = idle.pollFirst()) {
      lane.close();
    }
  }

  /** After a failure: whatever state the lane is in, nobody meets it again. */
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
