package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.Workspaces;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the outputs of some layers of the float model in one batch. Each call is recognized by the
 * fingerprint of its input. Safe for the threads of one forward pass.
 */
public final class FloatCalls {
  private record Call(String layer, long input) {}

  /**
   * An input that a thread has passed to a layer.
   *
   * @param masked whether it is known which of its positions are padding
   */
  private record Seen(long input, boolean masked) {}

  private final Map<String, TensorSite> inputs;
  private final Map<Call, INDArray> outputs = new ConcurrentHashMap<>();
  private final Map<String, Long> rows = new ConcurrentHashMap<>();

  /**
   * Makes an empty record.
   *
   * @param inputs the input by which a call is recognized, by layer path
   */
  public FloatCalls(Map<String, TensorSite> inputs) {
    this.inputs = inputs;
  }

  /** Returns the layers that were called. */
  Set<String> layers() {
    Set<String> layers = new LinkedHashSet<>();
    outputs.keySet().forEach(call -> layers.add(call.layer()));
    return layers;
  }

  /**
   * Returns the largest number of rows in a layer's input: its values divided by the channels, or
   * by the length of the last axis.
   */
  long rows() {
    return rows.values().stream().mapToLong(n -> n).max().orElse(0);
  }

  /** Returns the number of bytes of the outputs. */
  public long bytes() {
    return outputs.values().stream().mapToLong(y -> y.length() * Float.BYTES).sum();
  }

  /** Returns the largest absolute value of a layer's outputs; 0 if the layer was not called. */
  public float largest(String layer) {
    float largest = 0;
    for (Map.Entry<Call, INDArray> call : outputs.entrySet()) {
      if (call.getKey().layer().equals(layer) && !call.getValue().isEmpty()) {
        largest = Math.max(largest, call.getValue().amaxNumber().floatValue());
      }
    }
    return largest;
  }

  private INDArray output(Call call) {
    INDArray output = outputs.get(call);
    if (output == null) {
      throw new CalibrationException(
          call.layer()
              + " saw another input when the batch was run again: the model's forward must be"
              + " deterministic");
    }
    return output;
  }

  /** Receives the expected output of a layer and the output of a candidate. */
  public interface Errors {
    void add(String layer, INDArray expected, INDArray actual);
  }

  /** Keeps track of the call of a layer that each thread is in. */
  private abstract static class Caller implements Tap {
    private final ThreadLocal<Map<String, Seen>> calls =
        ThreadLocal.withInitial(LinkedHashMap::new);

    abstract FloatCalls current();

    @Override
    public INDArray input(TensorSite site, INDArray x) {
      FloatCalls current = current();
      if (site.equals(current.inputs.get(site.layer()))) {
        boolean masked = PaddingMask.isOf(x, site.tensor().layout());
        calls.get().put(site.layer(), new Seen(Fingerprint.of(x), masked));
        seen(current, site, x);
      }
      return x;
    }

    void seen(FloatCalls current, TensorSite site, INDArray x) {}

    /** Returns the input of the current call; null if the layer is not recorded. */
    @Nullable Seen seen(TensorSite output) {
      return calls.get().remove(output.layer());
    }
  }

  /** Fills a record of calls, one batch after another. */
  public static final class Recorder extends Caller {
    private FloatCalls current;

    public Recorder(FloatCalls first) {
      this.current = first;
    }

    public void into(FloatCalls next) {
      current = next;
    }

    @Override
    FloatCalls current() {
      return current;
    }

    @Override
    void seen(FloatCalls calls, TensorSite site, INDArray x) {
      calls.rows.merge(site.layer(), RowCount.of(site, x), Long::sum);
    }

    @Override
    public INDArray output(TensorSite site, INDArray y) {
      Seen seen = seen(site);
      if (seen != null) {
        Call call = new Call(site.layer(), seen.input());
        current.outputs.putIfAbsent(call, Workspaces.outside(() -> y.dup('c')));
      }
      return y;
    }
  }

  /** Compares a candidate's outputs with the float outputs, and passes the float outputs on. */
  public static final class Judge extends Caller {
    private final Errors errors;
    private FloatCalls current;

    public Judge(FloatCalls first, Errors errors) {
      this.current = first;
      this.errors = errors;
    }

    public void with(FloatCalls next) {
      current = next;
    }

    @Override
    FloatCalls current() {
      return current;
    }

    @Override
    public INDArray output(TensorSite site, INDArray y) {
      Seen seen = seen(site);
      if (seen == null) {
        return y;
      }
      INDArray expected = current.output(new Call(site.layer(), seen.input()));
      INDArray kept = seen.masked() ? PaddingMask.kept(expected) : expected;
      if (kept != null) {
        INDArray actual = seen.masked() ? PaddingMask.kept(y) : y;
        errors.add(site.layer(), kept, Objects.requireNonNull(actual));
      }
      return expected.dup('c');
    }
  }
}
