package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Quantizes one layer at a time and looks at the model's output. */
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
    List<FloatSample.Recorded<M>> sample =
        FloatSample.of(replay, state, shape.quantizedInputs(state));
    ModelError<M> error = new ModelError<>(replay, state, sample);
    Map<String, Map<String, QuantDescriptor>> layers = ModelError.byLayer(state);
    Replay.Stage stage =
        replay.stage("one layer at a time", OptionalLong.of((long) layers.size() * sample.size()));
    List<Sensitivity.Layer> found = new ArrayList<>();
    layers.forEach(
        (path, descriptors) -> {
          State alone = state.withDescriptors(descriptors);
          found.add(new Sensitivity.Layer(path, error.of(alone, stage::advance)));
        });
    stage.finish();
    found.sort(Comparator.comparingDouble(Sensitivity.Layer::error).reversed());
    return new Sensitivity(found);
  }
}
