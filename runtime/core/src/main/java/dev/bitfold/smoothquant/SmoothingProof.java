package dev.bitfold.smoothquant;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.internal.replay.FloatRun;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.State;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Proves on the calibration data that smoothing does not change the float model. Three mistakes
 * would change the model: a layer whose scaled input also goes elsewhere, a consumer of a source
 * that is not listed, and a function between source and consumers that is not positively
 * homogeneous.
 */
final class SmoothingProof<M> {
  /**
   * The largest difference between the smoothed and the original float model, relative to the
   * output of the original.
   */
  static final double TOLERANCE = 1e-4;

  private static final long SEED = 20230618;

  private final Replay<M> replay;
  private final Map<String, Smoothing> online;
  private final List<Folding> foldings;
  private final Map<Folding, SmoothScales> chosen;

  /**
   * Makes a proof.
   *
   * @param online the layers whose scale is applied when the model runs, by path
   * @param foldings the sources that scales can be folded into
   * @param chosen the scales that are folded
   */
  SmoothingProof(
      Replay<M> replay,
      Map<String, Smoothing> online,
      List<Folding> foldings,
      Map<Folding, SmoothScales> chosen) {
    this.replay = replay;
    this.online = online;
    this.foldings = foldings;
    this.chosen = chosen;
  }

  /**
   * Compares the smoothed model on all batches, and the model with random scales from 0.5 to 2 on
   * the first batch.
   *
   * @param inputs the paths of inputs that the result is asked for
   * @return the paths of those of these inputs, and of the layers' outputs, that folding scales:
   *     the tensors between sources and consumers
   * @throws CalibrationException if the model changed; the message names the first layer that
   *     changed, and the source whose folding changed it
   */
  Set<String> check(State before, State smoothed, Set<String> inputs) {
    Set<String> changed = checkFirst(before, smoothed, inputs);
    ProofTask task = new ProofTask(before, smoothed, !foldings.isEmpty(), consumers(foldings));
    replay
        .run("proving", task)
        .refused()
        .ifPresent(
            batch -> {
              checkOne(before, smoothed, batch);
              throw new CalibrationException(
                  "smoothing changed the output of the float model for a batch, but not when the"
                      + " batch was run again: the model's forward must be deterministic");
            });
    return changed;
  }

  /** Checks the first batch, with random scales too. */
  private Set<String> checkFirst(State before, State smoothed, Set<String> inputs) {
    Replay.Batch<M> batch = replay.iterator().next();
    checkOne(before, smoothed, batch);
    State random = random(before);
    if (foldings.isEmpty()) {
      checkOne(before, random, batch);
      return Set.of();
    }
    FloatRun<M> floats = new FloatRun<>(replay.planned(), before, inputs);
    FloatRun<M> other = new FloatRun<>(replay.planned(), random, inputs);
    floats.run(batch);
    other.run(batch);
    compare(floats, other, before, batch);
    return floats.changed(other, TOLERANCE);
  }

  private void checkOne(State before, State smoothed, Replay.Batch<M> batch) {
    if (foldings.isEmpty()) {
      FloatRun<M> floats = FloatRun.ofOutput(replay.planned(), before);
      FloatRun<M> scaled = FloatRun.ofOutput(replay.planned(), smoothed);
      floats.run(batch);
      scaled.run(batch);
      requireSame(floats, scaled, before, smoothed, batch);
      return;
    }
    FloatRun<M> floats = new FloatRun<>(replay.planned(), before, Set.of());
    FloatRun<M> scaled = new FloatRun<>(replay.planned(), smoothed, Set.of());
    floats.run(batch);
    scaled.run(batch);
    compare(floats, scaled, before, batch);
  }

  private void requireSame(
      FloatRun<M> floats, FloatRun<M> scaled, State before, State smoothed, Replay.Batch<M> batch) {
    double change = floats.change(scaled);
    if (change > TOLERANCE) {
      FloatRun<M> expected = new FloatRun<>(replay.planned(), before, Set.of());
      FloatRun<M> actual = new FloatRun<>(replay.planned(), smoothed, Set.of());
      expected.run(batch);
      actual.run(batch);
      throw changed(change, expected, actual);
    }
  }

  private State random(State before) {
    State state = before;
    for (Smoothing layer : online.values()) {
      state = layer.scaled(state, random(layer.inputAmax().length()));
    }
    for (Folding folding : foldings) {
      state = folding.scaled(state, random(folding.inputAmax().length()));
    }
    return state;
  }

  private static SmoothScales random(long channels) {
    SplittableRandom random = new SplittableRandom(SEED + channels);
    float[] scales = new float[Math.toIntExact(channels)];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (float) random.nextDouble(0.5, 2);
    }
    return SmoothScales.ofPreQuantScale(scales);
  }

  private void compare(
      FloatRun<M> floats, FloatRun<M> scaled, State before, Replay.Batch<M> batch) {
    double change = change(floats, scaled, consumers(foldings));
    if (change <= TOLERANCE) {
      return;
    }
    for (Folding folding : foldings) {
      SmoothScales random = random(folding.inputAmax().length());
      blame(folding, random, floats, before, batch);
      blame(folding, chosen.getOrDefault(folding, random), floats, before, batch);
    }
    throw changed(change, floats, scaled);
  }

  private CalibrationException changed(double change, FloatRun<M> floats, FloatRun<M> scaled) {
    return new CalibrationException(
        String.format(
            Locale.ROOT,
            "smoothing changes the float model: its output differs by %.2g (relative), at most %.0e"
                + " is rounding; the first to change is %s. Does a hooked forward call another one,"
                + " does a layer use its input twice, or are the letters I and O of its weight"
                + " swapped?",
            change,
            TOLERANCE,
            floats
                .firstChanged(scaled, TOLERANCE, Set.of())
                .orElse("no layer's output, so the model's own code reads what was scaled")));
  }

  /** Returns the consumers whose outputs must not change: those that are no sources. */
  private static Set<String> consumers(List<Folding> foldings) {
    Set<String> consumers = new LinkedHashSet<>();
    foldings.forEach(folding -> consumers.addAll(folding.fold().consumerPaths()));
    foldings.forEach(folding -> consumers.remove(folding.fold().source().path()));
    return consumers;
  }

  /**
   * Returns the largest change of the tensors that must not change: the model's output, and the
   * consumers' outputs unless several threads run the consumers in any order.
   */
  static <M> double change(FloatRun<M> floats, FloatRun<M> scaled, Collection<String> consumers) {
    double change = floats.change(scaled);
    if (floats.isOrdered() && scaled.isOrdered()) {
      for (String consumer : consumers) {
        change = Math.max(change, floats.change(scaled, consumer));
      }
    }
    return change;
  }

  private void blame(
      Folding folding,
      SmoothScales scales,
      FloatRun<M> floats,
      State before,
      Replay.Batch<M> batch) {
    FloatRun<M> alone = new FloatRun<>(replay.planned(), folding.scaled(before, scales), Set.of());
    alone.run(batch);
    double change = change(floats, alone, consumers(List.of(folding)));
    if (change <= TOLERANCE) {
      return;
    }
    Fold fold = folding.fold();
    String source = fold.source().path();
    String culprit = culprit(fold, floats, alone);
    String why;
    if (culprit.isEmpty()) {
      why =
          "no layer: the model's own code reads the output of " + source + ", in a residual branch";
    } else if (fold.consumerPaths().contains(culprit)) {
      why =
          culprit
              + ", which is listed: it reads something other than the output of "
              + source
              + ", or what stands between them is not positively homogeneous (ReLU is, GELU is not)";
    } else {
      why =
          culprit
              + ": something that @SmoothInto does not list reads the output of "
              + source
              + ", such as a residual branch";
    }
    throw new CalibrationException(
        String.format(
            Locale.ROOT,
            "folding the scale of %s into %s (%s) changes the float model by %.2g (relative), at"
                + " most %.0e is rounding. The first to change is %s. List every consumer, or remove"
                + " @SmoothInto: then the scale is applied when the consumers run",
            fold.consumerPaths(),
            source,
            fold.source().type().type().getSimpleName(),
            change,
            TOLERANCE,
            why));
  }

  /**
   * Returns the first layer that should not have changed. A layer that runs after the source and
   * before the first consumer stands between them and may change.
   */
  private static <M> String culprit(Fold fold, FloatRun<M> floats, FloatRun<M> alone) {
    Set<String> between = new LinkedHashSet<>();
    between.add(fold.source().path());
    for (String layer : floats.layers()) {
      if (fold.consumerPaths().contains(layer)) {
        break;
      }
      between.add(layer);
    }
    return floats
        .firstChanged(alone, TOLERANCE, between)
        .or(() -> floats.firstChanged(alone, TOLERANCE, Set.of(fold.source().path())))
        .orElse("");
  }
}
