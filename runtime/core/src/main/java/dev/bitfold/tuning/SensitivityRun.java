package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;

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
    M floats = replay.rebuild(state.withoutQuantizers(), Tap.NONE);
    List<INDArray> expected = sample.stream().map(r -> r.batch().run(floats).dup('c')).toList();
    Map<String, Map<String, QuantDescriptor>> layers = new LinkedHashMap<>();
    state
        .descriptors()
        .forEach(
            (path, descriptor) ->
                layers
                    .computeIfAbsent(
                        Objects.requireNonNull(shape.sites().get(path)).layer(),
                        layer -> new LinkedHashMap<>())
                    .put(path, descriptor));
    Replay.Stage stage =
        replay.stage("one layer at a time", OptionalLong.of((long) layers.size() * sample.size()));
    List<Sensitivity.Layer> found = new ArrayList<>();
    Called called = new Called(ConcurrentHashMap.newKeySet());
    layers.forEach(
        (path, descriptors) -> {
          M model = replay.rebuild(state.withDescriptors(descriptors), called);
          Distortion sum = Distortion.NONE;
          for (int i = 0; i < sample.size(); i++) {
            sum = sum.plus(Distortion.of(expected.get(i), sample.get(i).batch().run(model)));
            stage.advance();
          }
          boolean ran = called.layers().contains(path) || sum.noise() > 0;
          found.add(
              new Sensitivity.Layer(
                  path, ran ? OptionalDouble.of(sum.relative()) : OptionalDouble.empty()));
        });
    found.sort(
        Comparator.comparingDouble(
            layer -> -layer.error().orElse(Double.NEGATIVE_INFINITY)));
    return new Sensitivity(found);
  }

  /** Notes which layers are run. */
  private record Called(Set<String> layers) implements Tap {
    @Override
    public INDArray input(TensorSite site, INDArray x) {
      layers.add(site.layer());
      return x;
    }
  }
}
