package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.Stage;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Quantizes one layer at a time and measures the error of the model's output. */
public final class SensitivityRun<M> {
  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;

  public SensitivityRun(Replay<M> replay, ModelShape shape, State state) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
  }

  public Sensitivity run() {
    ModelError<M> error =
        new ModelError<>(
            replay,
            state,
            FloatSample.batches(FloatSample.of(replay, state, shape.quantizedInputs(state))));
    Map<String, Map<String, QuantDescriptor>> layers = ModelError.byLayer(state);
    Stage stage =
        replay.stage("one layer at a time", OptionalLong.of((long) layers.size() * error.size()));
    List<Sensitivity.Layer> found = new ArrayList<>();
    CalledLayers called = new CalledLayers();
    layers.forEach(
        (path, descriptors) -> {
          double own = error.of(state.withDescriptors(descriptors), called, stage::advance);
          boolean ran = called.contains(path) || own != 0;
          found.add(
              new Sensitivity.Layer(path, ran ? OptionalDouble.of(own) : OptionalDouble.empty()));
        });
    stage.finish();
    found.sort(
        Comparator.comparingDouble(layer -> -layer.error().orElse(Double.NEGATIVE_INFINITY)));
    return new Sensitivity(found);
  }
}
