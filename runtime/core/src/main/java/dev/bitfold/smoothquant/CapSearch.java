package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.distortion.DistortionSum;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.RowCount;
import dev.bitfold.internal.replay.Stage;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Chooses the {@link AlphaCap} of a model whose layers have alphas of their own. The model is
 * quantized with one cap after another, and its output is compared with that of the float model on
 * a few calibration batches, those that the layers' alphas were not searched on if there are any.
 * As every sum is exact, the result does not depend on the order of these batches.
 */
final class CapSearch<M> {
  /** The number of batches that suffice. */
  private static final int ENOUGH = 8;

  /** The number of rows (tokens, pixels) of a layer's input that suffice. */
  private static final long ENOUGH_ROWS = 4096;

  private static final List<Alpha> LOWER =
      List.of(Alpha.of(0.9), Alpha.of(0.8), Alpha.of(0.7), Alpha.of(0.6), Alpha.of(0.5));

  private final Replay<M> replay;
  private final State state;
  private final Map<String, Smoothing> layers;
  private final UnaryOperator<State> weights;
  private final Map<String, AlphaCurve> curves;
  private final Map<Map<String, Alpha>, Double> errors = new LinkedHashMap<>();

  /**
   * Prepares a search.
   *
   * @param state the state to smooth
   * @param layers the layers to smooth, by path
   * @param weights gives the weights of a smoothed state the amax that they are quantized with
   * @param curves the alpha curve of each layer
   */
  CapSearch(
      Replay<M> replay,
      State state,
      Map<String, Smoothing> layers,
      UnaryOperator<State> weights,
      Map<String, AlphaCurve> curves) {
    this.replay = replay;
    this.state = state;
    this.layers = layers;
    this.weights = weights;
    this.curves = curves;
  }

  /**
   * Returns the errors of the caps; empty if no layer has a choice, or if the model's output is no
   * measure, such as an index or zeros.
   *
   * @param searchedOn the numbers of the batches that the alphas of layers were searched on
   */
  Optional<AlphaCap> run(Set<Integer> searchedOn) {
    if (curves.values().stream().allMatch(curve -> curve.alphas().size() == 1)) {
      return Optional.empty();
    }
    List<Expected<M>> data = data(searchedOn);
    if (data.isEmpty()) {
      return Optional.empty();
    }
    Stage stage =
        replay.stage("comparing alphas", OptionalLong.of((long) (LOWER.size() + 2) * data.size()));
    List<Alpha> caps = new ArrayList<>();
    List<Double> found = new ArrayList<>();
    double least = Double.POSITIVE_INFINITY;
    for (Alpha cap : List.of(Alpha.of(1), Alpha.off())) {
      caps.add(cap);
      found.add(error(cap, data, stage));
      least = Math.min(least, found.get(found.size() - 1));
    }
    for (Alpha cap : LOWER) {
      double error = error(cap, data, stage);
      caps.add(cap);
      found.add(error);
      least = Math.min(least, error);
      // The error grows as caps get lower, once it has begun to.
      if (!(error <= AlphaCap.TOLERANCE * least)) {
        break;
      }
    }
    stage.finish();
    boolean tells = found.stream().allMatch(Double::isFinite) && Collections.max(found) > 0;
    return tells ? Optional.of(new AlphaCap(caps, found)) : Optional.empty();
  }

  /** Holds a batch, the float model's output, and the largest number of rows of a layer. */
  private record Expected<M>(Replay.Batch<M> batch, INDArray output, long rows) {
    long bytes() {
      return output.length() * Float.BYTES;
    }
  }

  /** Returns evenly spread batches; none if the output of one is not of floats. */
  private List<Expected<M>> data(Set<Integer> searchedOn) {
    replay.requireLasting();
    long found = replay.found().orElse(searchedOn.size());
    boolean others = found > searchedOn.size();
    long eligible = others ? found - searchedOn.size() : found;
    long stride = Math.max(1, (eligible + ENOUGH - 1) / ENOUGH);
    List<Expected<M>> data = new ArrayList<>();
    RowCount rows = new RowCount();
    M floats = replay.rebuild(State.FLOAT, rows);
    long seen = 0;
    for (Replay.Batch<M> batch : replay) {
      boolean due = !(others && searchedOn.contains(batch.number())) && seen++ % stride == 0;
      if (due) {
        rows.begin();
        INDArray output = batch.run(floats);
        if (!output.dataType().isFPType()) {
          return List.of();
        }
        // A model may write each output into the same array.
        INDArray copy = Workspaces.outside(() -> output.dup('c'));
        data.add(new Expected<>(batch, copy, rows.largest()));
        while (isTooMuch(data)) {
          data = everySecond(data);
          stride *= 2;
        }
      }
    }
    return data;
  }

  private boolean isTooMuch(List<Expected<M>> data) {
    return data.size() > 1
        && (data.stream().mapToLong(Expected::rows).sum() > ENOUGH_ROWS
            || data.stream().mapToLong(Expected::bytes).sum() > replay.mostBytes());
  }

  private List<Expected<M>> everySecond(List<Expected<M>> data) {
    List<Expected<M>> fewer = new ArrayList<>();
    for (int i = 0; i < data.size(); i += 2) {
      fewer.add(data.get(i));
    }
    return fewer;
  }

  private double error(Alpha cap, List<Expected<M>> data, Stage stage) {
    Map<String, Alpha> alphas = new TreeMap<>();
    curves.forEach((layer, curve) -> alphas.put(layer, curve.upTo(cap).chosen()));
    Double known = errors.get(alphas);
    if (known != null) {
      return known;
    }
    State smoothed = state;
    for (Map.Entry<String, Smoothing> layer : layers.entrySet()) {
      Alpha alpha = Objects.requireNonNull(alphas.get(layer.getKey()));
      smoothed = layer.getValue().apply(smoothed, alpha);
    }
    M model = replay.rebuild(weights.apply(smoothed), Tap.NONE);
    DistortionSum sum = new DistortionSum();
    for (Expected<M> expected : data) {
      sum.add(Distortion.of(expected.output(), expected.batch().run(model)));
      stage.advance();
    }
    double error = sum.get().relative();
    errors.put(alphas, error);
    return error;
  }
}
