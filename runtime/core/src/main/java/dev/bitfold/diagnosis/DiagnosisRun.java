package dev.bitfold.diagnosis;

import dev.bitfold.internal.distortion.OutputError;
import dev.bitfold.internal.replay.FloatCalls;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.smoothquant.AlphaCurve;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;

/** Makes a {@link Diagnosis} in three passes over the data. */
public final class DiagnosisRun<M> {
  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;
  private final Summary summary;
  private final Map<String, AlphaCurve> chosen;
  private final Map<String, AlphaCurve> curves;
  private final Packing packing;
  private LayerFigures seen;

  /**
   * Prepares a run.
   *
   * @param chosen the curves whose alphas are in use
   * @param curves the curves to show
   */
  public DiagnosisRun(
      Replay<M> replay,
      ModelShape shape,
      State state,
      Summary summary,
      Map<String, AlphaCurve> chosen,
      Map<String, AlphaCurve> curves) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
    this.summary = summary;
    this.chosen = chosen;
    this.curves = curves;
    this.packing = Packing.of(shape, state);
    this.seen = new LayerFigures(shape);
  }

  public Diagnosis run() {
    seen = replay.run("diagnosing", new DiagnosisTask(state)).seen();
    return new Diagnosis(
        shape.layers().values().stream().filter(this::isQuantized).map(this::layer).toList(),
        summary);
  }

  private boolean isQuantized(ModelShape.Layer layer) {
    return shape.sites().values().stream()
        .anyMatch(
            site ->
                site.layer().equals(layer.path()) && state.descriptors().containsKey(site.path()));
  }

  private Diagnosis.Layer layer(ModelShape.Layer layer) {
    OptionalDouble weight = OptionalDouble.empty();
    List<Diagnosis.Input> inputs = new ArrayList<>();
    for (TensorSite site : shape.sites().values()) {
      Summary.Row row =
          site.layer().equals(layer.path()) ? summary.row(site.path()).orElse(null) : null;
      if (row == null) {
        continue;
      }
      if (row.role() == TensorRole.WEIGHT && row.decibels().isPresent()) {
        double decibels = row.decibels().getAsDouble();
        weight = OptionalDouble.of(Math.min(decibels, weight.orElse(decibels)));
      } else if (row.role() == TensorRole.INPUT && seen.has(site)) {
        inputs.add(
            new Diagnosis.Input(
                site.tensor().name(),
                row.decibels(),
                row.amax().isPresent()
                    ? OptionalDouble.of(row.amax().get().max())
                    : OptionalDouble.empty(),
                seen.before(site).result(),
                seen.after(site).result(),
                seen.after(site).calibrators()));
      }
    }
    OutputError error = seen.error(layer.path()).orElse(null);
    AlphaCurve choice = chosen.get(layer.path());
    return new Diagnosis.Layer(
        layer.path(),
        layer.type().type().getSimpleName(),
        weight,
        inputs,
        error == null ? OptionalDouble.empty() : error.squares().decibels(),
        error == null ? OptionalDouble.empty() : error.l1(),
        Optional.ofNullable(choice).map(AlphaCurve::chosen),
        Optional.ofNullable(curves.get(layer.path())),
        packing.bytes(layer.path()),
        packing.floatBytes(layer.path()));
  }

  /** Returns the error of each layer's output in a state, by path, on some batches. */
  public static <M> Map<String, Double> errors(
      Replay<M> replay, ModelShape shape, State state, List<FloatSample.Recorded<M>> sample) {
    Map<String, OutputError> errors = new ConcurrentHashMap<>();
    FloatCalls.Judge judge =
        new FloatCalls.Judge(
            sample.get(0).calls(),
            (layer, expected, actual) ->
                errors.computeIfAbsent(layer, path -> new OutputError()).add(expected, actual));
    State watched = state.onlyOf(shape.quantizedInputs(state).keySet());
    M model = replay.rebuild(watched, judge);
    for (FloatSample.Recorded<M> recorded : sample) {
      judge.with(recorded.calls());
      recorded.batch().run(model);
    }
    Map<String, Double> relative = new LinkedHashMap<>();
    for (String layer : shape.layers().keySet()) {
      OutputError error = errors.get(layer);
      if (error != null) {
        relative.put(layer, error.squares().relative());
      }
    }
    return relative;
  }
}
