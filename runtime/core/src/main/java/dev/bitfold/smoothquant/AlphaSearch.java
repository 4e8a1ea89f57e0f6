package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.distortion.DistortionSum;
import dev.bitfold.internal.replay.FloatCalls;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.Stage;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the alpha of each layer with the smallest error of the layer's output. Every round is one
 * run over data. In it, each layer is quantized but passes its float output on, so every layer gets
 * exactly its float inputs and is judged alone.
 *
 * <p>A search climbs an {@link AlphaLadder} over a bounded, evenly spread sample of the batches. A
 * sweep tries every candidate on all batches, in portions as large as memory allows.
 */
final class AlphaSearch<M> {
  /**
   * The number of bytes of outputs up to which errors jump between alphas, and up to which all
   * alphas can be tried.
   */
  private static final long LITTLE_BYTES = 1 << 20;

  private final Replay<M> replay;
  private final State state;
  private final Map<String, Smoothing> layers;
  private final Map<String, TensorSite> inputs = new HashMap<>();
  private final Map<String, List<Alpha>> candidates;
  private final List<Set<String>> groups;
  private final UnaryOperator<State> weights;
  private final boolean sampled;
  private final Set<Integer> searchedOn = new LinkedHashSet<>();
  private final Map<String, List<DistortionSum>> sums = new LinkedHashMap<>();

  /**
   * Prepares a search.
   *
   * @param state the state to smooth
   * @param layers the layers that can be smoothed, by path
   * @param candidates the alphas to choose from, by layer path, in ascending order with "off" first
   * @param shared the layers that must have the same alpha, and that have the same candidates
   * @param weights gives the weights of a smoothed state the amax that they are quantized with
   * @param sampled whether this is a search; if not, it is a sweep
   */
  AlphaSearch(
      Replay<M> replay,
      State state,
      Map<String, Smoothing> layers,
      Map<String, List<Alpha>> candidates,
      List<Set<String>> shared,
      UnaryOperator<State> weights,
      boolean sampled) {
    this.replay = replay;
    this.state = state;
    this.layers = layers;
    this.candidates = candidates;
    this.weights = weights;
    this.sampled = sampled;
    this.groups = new ArrayList<>(shared);
    Set<String> alone = new LinkedHashSet<>(layers.keySet());
    shared.forEach(alone::removeAll);
    alone.forEach(layer -> groups.add(Set.of(layer)));
    layers.forEach((layer, smoothing) -> inputs.put(layer, smoothing.input()));
    candidates.forEach(
        (layer, alphas) -> {
          List<DistortionSum> none = new ArrayList<>();
          alphas.forEach(alpha -> none.add(new DistortionSum()));
          sums.put(layer, none);
        });
  }

  /** Returns the curve of each layer over every candidate, on the sample. */
  Map<String, AlphaCurve> wholeCurves() {
    List<FloatSample.Recorded<M>> sample = FloatSample.of(replay, state, inputs);
    climb(sample, true);
    Map<String, AlphaCurve> curves = new LinkedHashMap<>();
    candidates.keySet().forEach(layer -> curves.put(layer, curve(layer)));
    return curves;
  }

  /**
   * Returns the curve of each layer over the candidates that were tried; its best point is chosen.
   */
  Map<String, AlphaCurve> run() {
    int rounds = candidates.values().stream().mapToInt(List::size).max().orElse(0);
    Map<String, AlphaCurve> curves = new LinkedHashMap<>();
    if (rounds > 1 && sampled) {
      List<AlphaLadder> ladders = climb(FloatSample.of(replay, state, inputs));
      for (int g = 0; g < groups.size(); g++) {
        for (String layer : groups.get(g)) {
          curves.put(layer, curve(layer, ladders.get(g).indices()));
        }
      }
    } else {
      if (rounds > 1) {
        sweep(rounds);
      }
      candidates.keySet().forEach(layer -> curves.put(layer, curve(layer)));
    }
    return curves;
  }

  /** Returns the numbers of the batches that candidates were tried on. */
  Set<Integer> searchedOn() {
    return searchedOn;
  }

  private List<Alpha> alphas(String layer) {
    return Objects.requireNonNull(candidates.get(layer));
  }

  private AlphaCurve curve(String layer) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < alphas(layer).size(); i++) {
      all.add(i);
    }
    return curve(layer, all);
  }

  private AlphaCurve curve(String layer, List<Integer> indices) {
    return new AlphaCurve(
        indices.stream().map(alphas(layer)::get).toList(),
        indices.stream().map(i -> error(layer, i)).toList());
  }

  private List<AlphaLadder> climb(List<FloatSample.Recorded<M>> data) {
    return climb(data, data.stream().mapToLong(r -> r.calls().bytes()).sum() <= LITTLE_BYTES);
  }

  private List<AlphaLadder> climb(List<FloatSample.Recorded<M>> data, boolean everyOne) {
    List<AlphaLadder> ladders = new ArrayList<>();
    for (Set<String> group : groups) {
      ladders.add(new AlphaLadder(alphas(group.iterator().next()), everyOne));
    }
    int most = ladders.stream().mapToInt(AlphaLadder::most).max().orElse(0);
    Stage stage = replay.stage("searching alpha", OptionalLong.of((long) most * data.size()));
    while (true) {
      Map<String, Integer> round = new HashMap<>();
      Map<AlphaLadder, Integer> tried = new HashMap<>();
      for (int g = 0; g < groups.size(); g++) {
        OptionalInt next = ladders.get(g).next();
        if (next.isPresent()) {
          tried.put(ladders.get(g), next.getAsInt());
          groups.get(g).forEach(layer -> round.put(layer, next.getAsInt()));
        }
      }
      if (round.isEmpty()) {
        stage.finish();
        return ladders;
      }
      judge(round, data, stage);
      for (int g = 0; g < groups.size(); g++) {
        Integer index = tried.get(ladders.get(g));
        if (index != null) {
          ladders.get(g).tried(index, error(groups.get(g), index));
        }
      }
    }
  }

  private double error(String layer, int index) {
    return Objects.requireNonNull(sums.get(layer)).get(index).get().relative();
  }

  /** Returns the error of layers that share an alpha, as {@link AlphaCurve#joint} does. */
  private double error(Set<String> group, int index) {
    double squares = 0;
    for (String layer : group) {
      double error = error(layer, index);
      squares += error * error;
    }
    return squares;
  }

  private void sweep(int rounds) {
    if (replay.isOfPasses()) {
      sweepPasses(rounds);
      return;
    }
    replay.requireLasting();
    Stage stage = replay.stage("searching alpha", rounds + 1);
    FloatCalls.Recorder recorder = new FloatCalls.Recorder(new FloatCalls(inputs));
    M floats = replay.rebuild(state.withoutQuantizers(), recorder);
    List<FloatSample.Recorded<M>> portion = new ArrayList<>();
    for (Replay.Batch<M> batch : replay) {
      FloatCalls calls = new FloatCalls(inputs);
      recorder.into(calls);
      batch.run(floats);
      stage.advance();
      portion.add(new FloatSample.Recorded<>(batch, calls, true));
      if (portion.stream().mapToLong(r -> r.calls().bytes()).sum() > replay.mostBytes()) {
        sweep(portion, rounds, stage);
      }
    }
    sweep(portion, rounds, stage);
  }

  private void sweep(List<FloatSample.Recorded<M>> portion, int rounds, Stage stage) {
    for (int i = 0; i < rounds && !portion.isEmpty(); i++) {
      judge(round(i), portion, stage);
    }
    portion.clear();
  }

  /** Makes a pass for each candidate, whose shares may be run anywhere. */
  private void sweepPasses(int rounds) {
    for (int i = 0; i < rounds; i++) {
      Map<String, Integer> round = round(i);
      State candidate = weights.apply(candidate(round));
      SweepTask task = new SweepTask(state.withoutQuantizers(), candidate, inputs);
      LayerErrors seen = replay.run("searching alpha", task).seen();
      round.forEach(
          (layer, index) ->
              Objects.requireNonNull(sums.get(layer)).get(index).merge(seen.of(layer)));
    }
    replay.forEach(batch -> searchedOn.add(batch.number()));
  }

  /** Returns the index of the candidate of each layer that is tried in a round of a sweep. */
  private Map<String, Integer> round(int number) {
    Map<String, Integer> round = new HashMap<>();
    for (String layer : layers.keySet()) {
      if (number < alphas(layer).size()) {
        round.put(layer, number);
      }
    }
    return round;
  }

  /** Returns the state with one candidate of each layer. */
  private State candidate(Map<String, Integer> round) {
    // The quantizers of other layers would change the inputs of these layers.
    State candidate = state.onlyOf(inputs.keySet());
    for (Map.Entry<String, Smoothing> layer : layers.entrySet()) {
      Integer index = round.get(layer.getKey());
      if (index != null) {
        candidate = layer.getValue().apply(candidate, alphas(layer.getKey()).get(index));
      }
    }
    return candidate;
  }

  /** Runs one candidate of each layer over recorded batches. */
  private void judge(Map<String, Integer> round, List<FloatSample.Recorded<M>> data, Stage stage) {
    FloatCalls.Judge judge =
        new FloatCalls.Judge(
            data.get(0).calls(), (layer, expected, actual) -> add(round, layer, expected, actual));
    M model = replay.rebuild(weights.apply(candidate(round)), judge);
    for (FloatSample.Recorded<M> recorded : data) {
      searchedOn.add(recorded.batch().number());
      judge.with(recorded.calls());
      recorded.batch().run(model);
      stage.advance();
    }
  }

  private void add(Map<String, Integer> round, String layer, INDArray expected, INDArray actual) {
    Integer index = round.get(layer);
    if (index != null) {
      Objects.requireNonNull(sums.get(layer)).get(index).add(Distortion.of(expected, actual));
    }
  }
}
