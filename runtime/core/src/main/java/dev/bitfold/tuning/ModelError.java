package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Measures the error of a model's output in different states, on a sample of the calibration data.
 */
final class ModelError<M> {
  private final Replay<M> replay;
  private final List<Replay.Batch<M>> sample;
  private final List<INDArray> expected;

  /**
   * Computes the expected outputs.
   *
   * @param state the model with all its quantizers; the expected outputs are those without them
   */
  ModelError(Replay<M> replay, State state, List<Replay.Batch<M>> sample) {
    this.replay = replay;
    this.sample = sample;
    M floats = replay.rebuild(state.withoutQuantizers(), Tap.NONE);
    this.expected = sample.stream().map(batch -> batch.run(floats).dup('c')).toList();
  }

  /** Returns the number of batches. */
  int size() {
    return sample.size();
  }

  /**
   * Returns the relative error (root of noise over signal) of the model's output.
   *
   * @param advance runs after each batch
   */
  double of(State state, Runnable advance) {
    return of(state, Tap.NONE, advance);
  }

  /**
   * Returns the relative error of the model's output, and shows a tap the tensors of the layers.
   *
   * @param tap observes the tensors of the layers
   */
  double of(State state, Tap tap, Runnable advance) {
    M model = replay.rebuild(state, tap);
    Distortion sum = Distortion.NONE;
    for (int i = 0; i < sample.size(); i++) {
      sum = sum.plus(Distortion.of(expected.get(i), sample.get(i).run(model)));
      advance.run();
    }
    return sum.relative();
  }

  /** Returns the descriptors of each quantized layer, by layer path, in the order of the state. */
  static Map<String, Map<String, QuantDescriptor>> byLayer(State state) {
    Map<String, Map<String, QuantDescriptor>> layers = new LinkedHashMap<>();
    state
        .descriptors()
        .forEach(
            (path, descriptor) ->
                layers
                    .computeIfAbsent(TensorSite.layerOf(path), layer -> new LinkedHashMap<>())
                    .put(path, descriptor));
    return layers;
  }
}
