package dev.bitfold;

import dev.bitfold.state.State;
import dev.bitfold.state.Tap;
import dev.bitfold.state.TensorSite;
import dev.bitfold.state.Workspaces;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the alpha of each layer with the smallest error of its output. Every candidate is one run
 * over the data in which each layer is quantized but hands on its float output, so every layer sees
 * exactly its float inputs and is judged alone.
 */
final class AlphaSearch<M> {
  /** The share of the off-heap memory that float outputs may take while the candidates run. */
  private static final int RECORDED_SHARE = 4;

  private static final long RECORDED_IF_UNLIMITED = 1L << 30;

  private final Replay<M> replay;
  private final State state;
  private final Map<String, Smoothing> layers;
  private final Map<String, List<Double>> candidates;
  private final int rounds;

  /**
   * @param state the state to smooth
   * @param layers what can be smoothed, by layer path
   * @param candidates the alphas to choose from, by layer path
   */
  AlphaSearch(
      Replay<M> replay,
      State state,
      Map<String, Smoothing> layers,
      Map<String, List<Double>> candidates) {
    this.replay = replay;
    this.state = state;
    this.layers = layers;
    this.candidates = candidates;
    this.rounds = candidates.values().stream().mapToInt(List::size).max().orElse(0);
  }

  /** The curve of each layer; the best point is its choice. */
  Map<String, AlphaCurve> run() {
    Distortions errors = new Distortions();
    if (rounds > 1) {
      Replay.Stage stage = replay.stage("searching alpha", rounds + 1);
      Recorder recorder = new Recorder();
      M floats = replay.rebuild(state.withoutQuantizers(), recorder);
      List<Replay.Batch<M>> recorded = new ArrayList<>();
      long limit = Pointer.maxBytes();
      long mostRecorded = limit > 0 ? limit / RECORDED_SHARE : RECORDED_IF_UNLIMITED;
      replay.each(
          batch -> {
            batch.run(floats);
            stage.advance();
            recorded.add(batch);
            if (recorder.bytes() > mostRecorded) {
              judge(recorded, recorder, errors, stage);
            }
          });
      judge(recorded, recorder, errors, stage);
    }
    Map<String, AlphaCurve> curves = new LinkedHashMap<>();
    candidates.forEach(
        (layer, alphas) ->
            curves.put(layer, new AlphaCurve(alphas, errors.of(layer, alphas.size()))));
    return curves;
  }

  private void judge(
      List<Replay.Batch<M>> batches, Recorder recorder, Distortions errors, Replay.Stage stage) {
    for (int round = 0; round < rounds; round++) {
      M candidate = replay.rebuild(candidate(round), new Judge(recorder, errors, round));
      for (Replay.Batch<M> batch : batches) {
        batch.run(candidate);
        stage.advance();
      }
    }
    batches.clear();
    recorder.clear();
  }

  private State candidate(int round) {
    State candidate = state;
    for (Map.Entry<String, Smoothing> layer : layers.entrySet()) {
      List<Double> alphas = Objects.requireNonNull(candidates.get(layer.getKey()));
      candidate = layer.getValue().apply(candidate, alphas.get(Math.min(round, alphas.size() - 1)));
    }
    return candidate;
  }

  /** Knows the call of a layer that a thread is in by the fingerprint of its input. */
  private abstract class Caller implements Tap {
    private final ThreadLocal<Map<String, Long>> calls =
        ThreadLocal.withInitial(LinkedHashMap::new);

    @Override
    public INDArray input(TensorSite site, INDArray x) {
      Smoothing smoothing = layers.get(site.layer());
      if (smoothing != null && smoothing.input().equals(site)) {
        calls.get().put(site.layer(), Fingerprint.of(x));
      }
      return x;
    }

    /** The fingerprint of the current call's input; null if the layer is not smoothed. */
    @Nullable Long call(TensorSite output) {
      return calls.get().remove(output.layer());
    }
  }

  private record Call(String layer, long input) {}

  /** Keeps the float outputs. */
  private final class Recorder extends Caller {
    private final Map<Call, INDArray> outputs = new ConcurrentHashMap<>();

    @Override
    public INDArray output(TensorSite site, INDArray y) {
      Long input = call(site);
      if (input != null) {
        outputs.putIfAbsent(new Call(site.layer(), input), Workspaces.outside(() -> y.dup('c')));
      }
      return y;
    }

    long bytes() {
      return outputs.values().stream().mapToLong(y -> y.length() * Float.BYTES).sum();
    }

    void clear() {
      outputs.clear();
    }

    INDArray output(Call call) {
      INDArray output = outputs.get(call);
      if (output == null) {
        throw new CalibrationException(
            call.layer()
                + " saw another input when the batch was run again: the model's forward must be"
                + " deterministic");
      }
      return output;
    }
  }

  /** Compares a candidate's outputs with the float ones, and hands those on. */
  private final class Judge extends Caller {
    private final Recorder recorder;
    private final Distortions errors;
    private final int round;

    Judge(Recorder recorder, Distortions errors, int round) {
      this.recorder = recorder;
      this.errors = errors;
      this.round = round;
    }

    @Override
    public INDArray output(TensorSite site, INDArray y) {
      Long input = call(site);
      if (input == null) {
        return y;
      }
      INDArray expected = recorder.output(new Call(site.layer(), input));
      errors.add(site.layer(), round, Distortion.of(expected, y));
      return expected.dup('c');
    }
  }

  /** The errors so far, by layer and round. */
  private final class Distortions {
    private final Map<String, Distortion[]> sums = new LinkedHashMap<>();

    Distortions() {
      for (String layer : layers.keySet()) {
        Distortion[] rows = new Distortion[rounds];
        java.util.Arrays.fill(rows, Distortion.NONE);
        sums.put(layer, rows);
      }
    }

    synchronized void add(String layer, int round, Distortion more) {
      Distortion[] rows = Objects.requireNonNull(sums.get(layer));
      rows[round] = rows[round].plus(more);
    }

    List<Double> of(String layer, int alphas) {
      Distortion[] rows = Objects.requireNonNull(sums.get(layer));
      List<Double> relative = new ArrayList<>();
      for (int i = 0; i < alphas; i++) {
        relative.add(rows[i].relative());
      }
      return relative;
    }
  }
}
