package dev.bitfold.tuning;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.replay.FloatCalls;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Takes the mean error of each quantized layer's output out of its bias. Every layer sees its float
 * inputs, so the errors of others do not mix in.
 *
 * @param replay the data
 * @param state the state whose biases are corrected
 */
public record BiasCorrection<M>(Replay<M> replay, ModelShape shape, State state) {
  /** A layer's bias and where its channels are in the output, counted from the last axis, -1. */
  private record Corrected(TensorSite bias, int channel) {}

  /** Sums of a layer's errors, per channel. */
  private static final class Errors {
    private final double[] sums;
    private long rows;

    Errors(int channels) {
      sums = new double[channels];
    }

    synchronized void add(INDArray expected, INDArray actual, int channel) {
      float[] x = DenseFloats.of(expected, "a layer's output").copy();
      float[] y = DenseFloats.of(actual, "a layer's output").copy();
      int inner = 1;
      for (int axis = expected.rank() + channel + 1; axis < expected.rank(); axis++) {
        inner = Math.toIntExact(inner * expected.size(axis));
      }
      for (int i = 0; i < x.length; i++) {
        sums[i / inner % sums.length] += (double) x[i] - y[i];
      }
      rows += x.length / sums.length;
    }

    /** The bias with the mean error added. */
    synchronized INDArray corrected(INDArray bias) {
      float[] values = DenseFloats.of(bias, "a bias").copy();
      for (int c = 0; c < values.length; c++) {
        values[c] = (float) (values[c] + (rows == 0 ? 0 : sums[c] / rows));
      }
      return DenseFloats.array(values, bias.shape());
    }
  }

  public State run() {
    Map<String, TensorSite> inputs = shape.quantizedInputs(state);
    Map<String, Corrected> layers = new LinkedHashMap<>();
    for (Map.Entry<String, TensorSite> input : inputs.entrySet()) {
      Corrected layer =
          corrected(Objects.requireNonNull(shape.layers().get(input.getKey())), input.getValue());
      if (layer != null) {
        layers.put(input.getKey(), layer);
      }
    }
    if (layers.isEmpty()) {
      throw new IllegalStateException("no quantized layer has a float bias to correct");
    }
    inputs.keySet().retainAll(layers.keySet());
    Map<String, Errors> errors = new LinkedHashMap<>();
    layers.forEach((path, l) -> errors.put(path, new Errors(Math.toIntExact(bias(l).length()))));
    List<FloatSample.Recorded<M>> sample = new ArrayList<>(FloatSample.of(replay, state, inputs));
    Replay.Stage stage = replay.stage("correcting biases", OptionalLong.of(sample.size()));
    FloatCalls.Judge judge =
        new FloatCalls.Judge(
            sample.get(0).calls(),
            (path, expected, actual) ->
                Objects.requireNonNull(errors.get(path))
                    .add(expected, actual, Objects.requireNonNull(layers.get(path)).channel()));
    M model = replay.rebuild(state.onlyOf(layers.keySet()), judge);
    for (FloatSample.Recorded<M> recorded : sample) {
      judge.with(recorded.calls());
      recorded.batch().run(model);
      stage.advance();
    }
    stage.finish();
    Map<String, INDArray> biases = new LinkedHashMap<>();
    layers.forEach(
        (path, layer) ->
            biases.put(
                layer.bias().path(),
                Objects.requireNonNull(errors.get(path)).corrected(bias(layer))));
    return state.withSmoothing(Map.of(), biases);
  }

  private INDArray bias(Corrected layer) {
    String path = layer.bias().path();
    return state.tensors().getOrDefault(path, shape.tensor(layer.bias()));
  }

  /** Null if the layer has no float bias, one that is absent, or an input without channels. */
  private @org.jspecify.annotations.Nullable Corrected corrected(
      ModelShape.Layer layer, TensorSite input) {
    Layout layout = input.tensor().layout();
    TensorSite bias = null;
    for (LayerTensor tensor : layer.type().tensors().values()) {
      TensorSite site = layer.site(tensor);
      if (tensor.role() == TensorRole.BIAS
          && shape.sites().containsKey(site.path())
          && !state.descriptors().containsKey(site.path())) {
        bias = site;
      }
    }
    return bias == null || !layout.has('C') ? null : new Corrected(bias, layout.fromEnd('C'));
  }
}
