package dev.bitfold.tuning;

import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the corrections of a calibrated state that a user has asked for. They are applied after
 * smoothing and skipping, first the amax of weights and then the biases, whatever the order of the
 * calls, because each depends on what comes before. Immutable.
 *
 * @param weightAmax the rules for the amax of weights; of several rules for one weight, the last
 *     one counts
 * @param standard the rule for other weights that it is meant for, as they are described when it is
 *     applied: weights may get another format after it was given
 * @param biases whether biases are corrected
 */
public record Corrections(List<Rule> weightAmax, WeightAmax standard, boolean biases) {
  /** No corrections. */
  public static final Corrections NONE =
      new Corrections(List.of(), WeightAmax.ofDescriptor(), false);

  /**
   * Holds a rule for the amax of weights.
   *
   * @param weights the paths of the weights that the rule is for
   */
  public record Rule(Set<String> weights, WeightAmax amax) {}

  /** Copies the list. */
  public Corrections {
    weightAmax = List.copyOf(weightAmax);
  }

  /**
   * Returns these corrections with a rule for the amax of the selected weights.
   *
   * @param state the state whose quantized weights can be selected
   * @throws IllegalArgumentException if the selection matches none of them
   */
  public Corrections withWeightAmax(
      ModelShape shape, State state, Selection selection, WeightAmax amax) {
    Set<String> weights =
        state.descriptors().entrySet().stream()
            .filter(entry -> isSettable(shape.site(entry.getKey()), entry.getValue()))
            .filter(entry -> !state.scales().containsKey(entry.getKey()))
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<Rule> rules = new ArrayList<>(weightAmax);
    rules.add(
        new Rule(
            selection.tensorsAndLayers(shape, weights, "quantized weight with an amax"), amax));
    return new Corrections(rules, standard, biases);
  }

  /** Returns these corrections with a rule for the weights that it is meant for. */
  public Corrections withDefault(WeightAmax amax) {
    return new Corrections(weightAmax, amax, biases);
  }

  private boolean isStandardFor(
      ModelShape shape, State state, TensorSite site, QuantDescriptor descriptor) {
    List<QuantDescriptor> inputs = new ArrayList<>();
    ModelShape.Layer layer = shape.layer(site);
    for (LayerTensor tensor : layer.type().tensors().values()) {
      QuantDescriptor input = state.descriptors().get(layer.site(tensor).path());
      if (tensor.role() == TensorRole.INPUT && input != null) {
        inputs.add(input);
      }
    }
    return isSettable(site, descriptor) && standard.isFor(descriptor, inputs);
  }

  /**
   * Returns the scale that the default rule gives a weight in a format; empty if it is not meant
   * for it.
   *
   * @throws IllegalArgumentException if an amax does not fit the weight; the message names it
   */
  Optional<CalibratedScale> standardScale(
      ModelShape shape, State state, TensorSite site, QuantDescriptor descriptor) {
    return isStandardFor(shape, state, site, descriptor)
        ? Optional.of(scale(shape, state, site, descriptor, standard, false))
        : Optional.empty();
  }

  /** Returns these corrections with the correction of biases. */
  public Corrections withBiases() {
    return new Corrections(weightAmax, standard, true);
  }

  /** Returns whether the amax can be set; an affine weight has a range instead. */
  private static boolean isSettable(TensorSite site, QuantDescriptor descriptor) {
    return site.tensor().role() == TensorRole.WEIGHT && !descriptor.affine();
  }

  /**
   * Returns a corrected state.
   *
   * @throws IllegalArgumentException if an amax does not fit its weight; the message names it
   * @throws IllegalStateException if biases are to be corrected and no quantized layer has one
   */
  public <M> State of(Replay<M> replay, ModelShape shape, State state) {
    State scaled = scaled(shape, state, true, true);
    return biases ? new BiasCorrection<>(replay, shape, scaled).run() : scaled;
  }

  /**
   * Returns a state whose weights have the amax of the rules, except for those that have a scale
   * already because they were reconstructed.
   *
   * @throws IllegalArgumentException if an amax does not fit its weight; the message names it
   */
  public State scaled(ModelShape shape, State state) {
    return scaled(shape, state, true, false);
  }

  /** Returns a state whose weights have the amax of the rules other than the default one. */
  State scaledByRules(ModelShape shape, State state) {
    return scaled(shape, state, false, false);
  }

  /**
   * Scales weights.
   *
   * @param standardToo whether the default rule is applied
   * @param checked whether each weight is quantized to see that the amax fits; searches, which try
   *     many states, leave that to their result
   */
  private State scaled(ModelShape shape, State state, boolean standardToo, boolean checked) {
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    state
        .descriptors()
        .forEach(
            (path, descriptor) -> {
              TensorSite site = shape.site(path);
              if (isSettable(site, descriptor) && !state.scales().containsKey(path)) {
                rule(path)
                    .or(
                        () ->
                            standardToo && isStandardFor(shape, state, site, descriptor)
                                ? Optional.of(standard)
                                : Optional.empty())
                    .ifPresent(
                        rule ->
                            scales.put(path, scale(shape, state, site, descriptor, rule, checked)));
              }
            });
    return state.withScales(scales);
  }

  private Optional<WeightAmax> rule(String path) {
    Optional<WeightAmax> last = Optional.empty();
    for (Rule rule : weightAmax) {
      last = rule.weights().contains(path) ? Optional.of(rule.amax()) : last;
    }
    return last;
  }

  private static CalibratedScale scale(
      ModelShape shape,
      State state,
      TensorSite site,
      QuantDescriptor descriptor,
      WeightAmax rule,
      boolean checked) {
    INDArray weight = shape.tensor(site, state);
    INDArray amax = rule.of(site.path(), weight, site.tensor().layout());
    try {
      if (amax == null) {
        throw new IllegalArgumentException("the rule of its amax returned null");
      }
      Quantizer quantizer = Quantizer.of(descriptor, site.tensor().layout(), shape.kernels());
      long[] groups = quantizer.amax(weight).shape();
      float[] values = DenseFloats.of(amax, "an amax").copy();
      long expected = Arrays.stream(groups).reduce(1, (x, y) -> x * y);
      if (values.length != expected) {
        throw new IllegalArgumentException(
            "an amax of " + values.length + " values, and the weight has " + expected + " scales");
      }
      CalibratedScale.Amax scale = new CalibratedScale.Amax(DenseFloats.array(values, groups));
      Quantizer fixed = scale.fix(quantizer);
      if (checked) {
        fixed.quantize(weight);
      }
      return scale;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(weight, descriptor) + ": " + e.getMessage(), e);
    }
  }
}
