package dev.bitfold.tuning;

import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a user asked to be made better of a calibrated state. It is made of whatever is smoothed and
 * skipped, first the amax of weights and then the biases, in whichever order it was asked for: each
 * follows from what comes before. Immutable.
 *
 * @param weightAmax the rules for the amax of weights; of two for one weight the later one counts
 * @param biases whether biases are corrected
 */
public record Corrections(List<Rule> weightAmax, boolean biases) {
  /** As calibration left it. */
  public static final Corrections NONE = new Corrections(List.of(), false);

  /**
   * A rule for the amax of weights.
   *
   * @param weights the paths of those that it is for
   */
  public record Rule(Set<String> weights, WeightAmax amax) {}

  /** Copies the list. */
  public Corrections {
    weightAmax = List.copyOf(weightAmax);
  }

  /**
   * Returns these with a rule for the amax of the weights that a selection names.
   *
   * @param state whose quantized weights come into question
   * @throws IllegalArgumentException if it names none of them
   */
  public Corrections withWeightAmax(
      ModelShape shape, State state, Selection selection, WeightAmax amax) {
    Set<String> weights =
        state.descriptors().entrySet().stream()
            .filter(entry -> isSettable(shape.site(entry.getKey()), entry.getValue()))
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<Rule> rules = new ArrayList<>(weightAmax);
    rules.add(
        new Rule(
            selection.tensorsAndLayers(shape, weights, "quantized weight with an amax"), amax));
    return new Corrections(rules, biases);
  }

  /** Returns these with the correction of biases. */
  public Corrections withBiases() {
    return new Corrections(weightAmax, true);
  }

  /** An affine weight has a range, not an amax. */
  private static boolean isSettable(TensorSite site, QuantDescriptor descriptor) {
    return site.tensor().role() == TensorRole.WEIGHT && !descriptor.affine();
  }

  /**
   * Returns a calibrated state, corrected.
   *
   * @throws IllegalArgumentException if an amax does not fit its weight; the message names it
   * @throws IllegalStateException if biases are to be corrected and no quantized layer has one
   */
  public <M> State of(Replay<M> replay, ModelShape shape, State state) {
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    for (Rule rule : weightAmax) {
      for (String path : rule.weights()) {
        QuantDescriptor descriptor = state.descriptors().get(path);
        if (descriptor != null) {
          scales.put(path, scale(shape, state, shape.site(path), descriptor, rule.amax()));
        }
      }
    }
    State scaled = state.withScales(scales);
    return biases ? new BiasCorrection<>(replay, shape, scaled).run() : scaled;
  }

  private static CalibratedScale scale(
      ModelShape shape, State state, TensorSite site, QuantDescriptor descriptor, WeightAmax rule) {
    INDArray weight = state.tensors().getOrDefault(site.path(), shape.tensor(site));
    INDArray amax = rule.of(site.path(), weight, site.tensor().layout());
    try {
      Quantizer quantizer = Quantizer.of(descriptor, site.tensor().layout(), shape.kernels());
      long[] groups = quantizer.amax(weight).shape();
      float[] values = DenseFloats.of(amax, "an amax").copy();
      long expected = Arrays.stream(groups).reduce(1, (x, y) -> x * y);
      if (values.length != expected) {
        throw new IllegalArgumentException(
            "an amax of " + values.length + " values, and the weight has " + expected + " scales");
      }
      CalibratedScale.Amax scale = new CalibratedScale.Amax(DenseFloats.array(values, groups));
      scale.fix(quantizer).pack(weight);
      return scale;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(weight, descriptor) + ": " + e.getMessage(), e);
    }
  }
}
