package dev.bitfold;

import dev.bitfold.smoothquant.SmoothScales;
import dev.bitfold.state.State;
import dev.bitfold.state.Tap;
import dev.bitfold.state.TensorSite;
import dev.bitfold.state.Workspaces;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Proves on the calibration data that smoothing leaves the float model as it was. A layer whose
 * scaled input also goes elsewhere would change it.
 */
final class SmoothingProof<M> {
  /** How far the smoothed float model may be from the float model, relative to its output. */
  static final double TOLERANCE = 1e-4;

  private static final long SEED = 20230618;

  private final Replay<M> replay;
  private final Map<String, Smoothing> layers;

  SmoothingProof(Replay<M> replay, Map<String, Smoothing> layers) {
    this.replay = replay;
    this.layers = layers;
  }

  /**
   * Compares a smoothed state on all batches, and random scales from 0.5 to 2 on the first.
   *
   * @throws CalibrationException if the model changed; it names the first layer that did
   */
  void check(State before, State smoothed) {
    Outputs floats = new Outputs();
    Outputs scaled = new Outputs();
    M floatModel = replay.rebuild(before.withoutQuantizers(), floats);
    M smoothedModel = replay.rebuild(smoothed.withoutQuantizers(), scaled);
    M randomModel = replay.rebuild(random(before).withoutQuantizers(), scaled);
    boolean[] first = {true};
    replay.each(
        "proving",
        batch -> {
          INDArray expected = floats.of(batch, floatModel);
          compare(expected, scaled.of(batch, smoothedModel), floats, scaled);
          if (first[0]) {
            compare(expected, scaled.of(batch, randomModel), floats, scaled);
            first[0] = false;
          }
        });
  }

  private State random(State before) {
    SplittableRandom random = new SplittableRandom(SEED);
    State state = before;
    for (Smoothing layer : layers.values()) {
      float[] scales = new float[Math.toIntExact(layer.inputAmax().length())];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = (float) random.nextDouble(0.5, 2);
      }
      state = layer.scaled(state, SmoothScales.ofPreQuantScale(scales));
    }
    return state;
  }

  private static void compare(INDArray expected, INDArray actual, Outputs floats, Outputs scaled) {
    double change = change(expected, actual);
    if (change <= TOLERANCE) {
      return;
    }
    String where = "no layer's output, so the model's own code reads what was scaled";
    for (Map.Entry<String, INDArray> output : floats.first.entrySet()) {
      INDArray other = scaled.first.get(output.getKey());
      if (other == null || change(output.getValue(), other) > TOLERANCE) {
        where = output.getKey();
        break;
      }
    }
    throw new CalibrationException(
        String.format(
            "smoothing changes the float model: its output differs by %.2g (relative), at most %.0e"
                + " is rounding; the first to change is %s. Does a hooked forward call another one,"
                + " or a layer use its input twice?",
            change, TOLERANCE, where));
  }

  private static double change(INDArray expected, INDArray actual) {
    return Arrays.equals(expected.shape(), actual.shape())
        ? Distortion.of(expected, actual).relative()
        : Double.POSITIVE_INFINITY;
  }

  /** The first output of each layer in the current batch. */
  private static final class Outputs implements Tap {
    private final Map<String, INDArray> first = new LinkedHashMap<>();

    <M> INDArray of(Replay.Batch<M> batch, M model) {
      synchronized (first) {
        first.clear();
      }
      return batch.run(model);
    }

    @Override
    public INDArray output(TensorSite site, INDArray y) {
      synchronized (first) {
        if (!first.containsKey(site.layer())) {
          first.put(site.layer(), Workspaces.outside(() -> y.dup('c')));
        }
      }
      return y;
    }
  }
}
