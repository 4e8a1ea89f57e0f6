package dev.bitfold.internal.replay;

import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;

/**
 * Selects a bounded, evenly spread sample of the calibration batches, with the float outputs of
 * some layers. It is the same on every run.
 */
public final class FloatSample {
  /** The share of the off-heap memory that float outputs may take. */
  private static final int BYTES_SHARE = 4;

  private static final long BYTES_IF_UNLIMITED = 1L << 30;

  /** The number of rows (tokens, pixels) of a layer's input that are enough. */
  private static final long ENOUGH_ROWS = 2048;

  private FloatSample() {}

  /**
   * Holds a batch and the outputs of the float model's layers.
   *
   * @param needed whether this batch was the first to reach some layer
   */
  public record Recorded<M>(Replay.Batch<M> batch, FloatCalls calls, boolean needed) {}

  /**
   * Returns batches that are evenly spread over the data, and those without which a layer would not
   * be reached.
   *
   * @param inputs the input by which a call of each layer of interest is recognized
   * @throws dev.bitfold.calibration.CalibrationException if batches cannot be kept
   */
  public static <M> List<Recorded<M>> of(
      Replay<M> replay, State state, Map<String, TensorSite> inputs) {
    replay.requireLasting();
    List<Recorded<M>> kept = new ArrayList<>();
    FloatCalls.Recorder recorder = new FloatCalls.Recorder(new FloatCalls(inputs));
    M floats = replay.rebuild(state.withoutQuantizers(), recorder);
    Set<String> reached = new LinkedHashSet<>();
    long stride = 1;
    long seen = 0;
    for (Replay.Batch<M> batch : replay.pass("sampling")) {
      boolean due = seen++ % stride == 0;
      if (!due && reached.size() == inputs.size()) {
        continue;
      }
      FloatCalls calls = new FloatCalls(inputs);
      recorder.into(calls);
      batch.run(floats);
      boolean needed = reached.addAll(calls.layers());
      if (due || needed) {
        kept.add(new Recorded<>(batch, calls, needed));
      }
      while (isTooMuch(kept, replay.mostBytes()) && thin(kept)) {
        stride *= 2;
      }
    }
    return kept;
  }

  /** Returns the batches of a sample. */
  public static <M> List<Replay.Batch<M>> batches(List<Recorded<M>> sample) {
    return sample.stream().map(Recorded::batch).toList();
  }

  private static <M> boolean isTooMuch(List<Recorded<M>> kept, long mostBytes) {
    return kept.stream().mapToLong(r -> r.calls().rows()).sum() > ENOUGH_ROWS
        || kept.stream().mapToLong(r -> r.calls().bytes()).sum() > mostBytes;
  }

  /** Drops every second batch that is not needed, and returns whether there was one. */
  private static <M> boolean thin(List<Recorded<M>> kept) {
    List<Recorded<M>> thinner = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      if (i % 2 == 0 || kept.get(i).needed()) {
        thinner.add(kept.get(i));
      }
    }
    boolean less = thinner.size() < kept.size();
    kept.clear();
    kept.addAll(thinner);
    return less;
  }

  /** Returns the largest number of bytes of float outputs to keep where the user sets none. */
  static long mostBytes() {
    long limit = Pointer.maxBytes();
    return limit > 0 ? limit / BYTES_SHARE : BYTES_IF_UNLIMITED;
  }
}
