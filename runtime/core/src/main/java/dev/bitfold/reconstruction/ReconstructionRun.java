package dev.bitfold.reconstruction;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.internal.state.WeightQuantizer;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reconstructs the weights of a model, layer after layer in the order in which the model computes.
 *
 * <p>The inputs that a layer is fitted to come from the model with the layers before it
 * reconstructed, and what it should compute from the float model. Fitting several layers after one
 * pass in this way is worse than fitting all to the float model's inputs: each would make up for
 * the same errors before it.
 */
public final class ReconstructionRun<M> {
  /** Holds the state with reconstructed weights, their scales and biases, and what was done. */
  public record Result(State state, Reconstructions done) {}

  /** Below this share of an input's power, its variance is rounding noise of float32 sums. */
  private static final double LEAST_VARIATION = 1e-6;

  private final Replay<M> replay;
  private final ModelShape shape;
  private final ReconstructionOptions options;
  private final Map<String, String> left = new LinkedHashMap<>();
  private final List<Reconstruction> done = new ArrayList<>();

  /** The state without the amax that rules give to the weights that are left. */
  private State calibrated;

  private State state;

  /** Whether some layer is called more than once for a batch. */
  private boolean repeats;

  /**
   * Makes a run.
   *
   * @param calibrated the calibrated state, after smoothing
   * @param scaled the same with the amax that the user's rules give to weights, which are left
   */
  public ReconstructionRun(
      Replay<M> replay,
      ModelShape shape,
      State calibrated,
      State scaled,
      ReconstructionOptions options) {
    this.replay = replay;
    this.shape = shape;
    this.calibrated = calibrated;
    this.state = scaled;
    this.options = options;
  }

  /**
   * Reconstructs the weights.
   *
   * @throws IllegalStateException if no weight can be reconstructed; the message has the reasons
   * @throws CalibrationException if the model does not compute the same again
   */
  public Result run() {
    Reconstructible found = Reconstructible.of(replay, shape, state);
    List<Step> steps = found.steps();
    left.putAll(found.left());
    repeats = found.repeats();
    if (steps.isEmpty() && found.tables().isEmpty()) {
      throw new IllegalStateException("no weight can be reconstructed: " + reasons());
    }
    found.tables().forEach(this::fit);
    if (options.sequential()) {
      inSequence(steps);
    } else {
      onFloatInputs(steps);
      steps.forEach(this::fit);
    }
    if (done.isEmpty()) {
      throw new IllegalStateException("no weight can be reconstructed: " + reasons());
    }
    return new Result(calibrated, new Reconstructions(done, left));
  }

  private void inSequence(List<Step> steps) {
    FloatInputs kept = new FloatInputs(replay.mostBytes());
    for (int i = 0; i < steps.size(); i++) {
      List<Step> open = steps.subList(i, steps.size());
      Set<String> quantized = quantizedLayersBut(open);
      if (quantized.isEmpty()) {
        onFloatInputs(open.subList(0, 1));
      } else {
        onQuantizedInputs(open, state.onlyOf(quantized), kept);
      }
      fit(open.get(0));
    }
  }

  /** Returns the layers with quantizers that are in none of these steps. */
  private Set<String> quantizedLayersBut(List<Step> open) {
    Set<String> layers = new LinkedHashSet<>();
    state.descriptors().keySet().forEach(path -> layers.add(TensorSite.layerOf(path)));
    open.forEach(step -> step.layers().forEach(layer -> layers.remove(layer.layer().path())));
    return layers;
  }

  private String reasons() {
    if (left.isEmpty()) {
      return "no weight is quantized";
    }
    List<String> all = new ArrayList<>();
    left.forEach((path, reason) -> all.add(path + ": " + reason));
    return String.join("; ", all);
  }

  private INDArray held(TensorSite site) {
    return shape.tensor(site, state);
  }

  /** Returns an input as the smoothed float layer sees it. */
  private INDArray floats(ProductLayer layer, INDArray x) {
    return layer.through(shape, state.withoutQuantizers(), x);
  }

  /** Returns an input as the quantized layer sees it. */
  private INDArray quantized(ProductLayer layer, INDArray x) {
    return layer.through(shape, state, x);
  }

  /**
   * Adds up the moments of steps in one pass of the float model, because no layer before them is
   * reconstructed.
   */
  private void onFloatInputs(List<Step> steps) {
    Map<String, Step> byLayer = byFirstLayer(steps);
    long[] number = new long[1];
    LayerCalls calls =
        new LayerCalls(
            firsts(steps),
            !repeats,
            (path, x) -> {
              Step step = Objects.requireNonNull(byLayer.get(path));
              INDArray q = quantized(step.first(), x);
              Workspaces.outside(
                  () -> {
                    INDArray own = floats(step.first(), x);
                    step.add(number[0], own, x == q ? own : q);
                    return own;
                  });
            });
    M floats = replay.rebuild(state.withoutQuantizers(), calls);
    for (Replay.Batch<M> batch : replay.pass("reconstructing")) {
      calls.run(() -> batch.run(floats));
      number[0]++;
    }
  }

  private static Map<String, Step> byFirstLayer(List<Step> steps) {
    Map<String, Step> byLayer = new LinkedHashMap<>();
    steps.forEach(step -> byLayer.put(step.first().layer().path(), step));
    return byLayer;
  }

  private static Map<String, ProductLayer> firsts(List<Step> steps) {
    Map<String, ProductLayer> firsts = new LinkedHashMap<>();
    steps.forEach(step -> firsts.put(step.first().layer().path(), step.first()));
    return firsts;
  }

  /**
   * Adds up the moments of the first step, whose inputs come from the model with the layers before
   * it quantized, and beside them the float model's inputs. If these are not kept, a pass of the
   * float model is made for this step and as many others as can be kept, batch by batch beside that
   * of the quantized model.
   *
   * @param open this step and all that follow, which are float
   * @param before the state in which they are
   */
  private void onQuantizedInputs(List<Step> open, State before, FloatInputs kept) {
    Step step = open.get(0);
    String path = step.first().layer().path();
    boolean known = kept.keeps(path);
    Map<String, ProductLayer> wanted = firsts(open);
    if (!known) {
      kept.begin(wanted.keySet());
    }
    long[] number = new long[1];
    LayerCalls ofFloats =
        new LayerCalls(
            wanted,
            !repeats,
            (seen, x) -> {
              ProductLayer layer = Objects.requireNonNull(wanted.get(seen));
              INDArray own = Workspaces.outside(() -> floats(layer, x).dup('c'));
              kept.add(seen, number[0], own);
              wanted.keySet().removeIf(other -> !kept.keeps(other));
            });
    List<INDArray> expected = new ArrayList<>();
    LayerCalls ofQuantized =
        new LayerCalls(
            firsts(open.subList(0, 1)),
            !repeats,
            (seen, x) ->
                Workspaces.outside(
                    () -> {
                      INDArray q = quantized(step.first(), x);
                      step.add(number[0], paired(path, expected, q), q);
                      return q;
                    }));
    M floats = replay.rebuild(state.withoutQuantizers(), ofFloats);
    M quantized = replay.rebuild(before, ofQuantized);
    for (Replay.Batch<M> batch : replay.pass("reconstructing " + path)) {
      if (!known) {
        ofFloats.run(() -> batch.run(floats));
      }
      expected.clear();
      expected.addAll(kept.take(path, number[0]));
      ofQuantized.run(() -> batch.run(quantized));
      number[0]++;
    }
    kept.letGo(path);
  }

  /** Takes the float model's input for one of the quantized model's. */
  private static INDArray paired(String path, List<INDArray> expected, INDArray q) {
    if (expected.isEmpty() || !expected.get(0).equalShapes(q)) {
      throw new CalibrationException(
          path
              + " is not called as often, or not with inputs of the same shape, in the quantized"
              + " model as in the float model, so its inputs cannot be paired: reconstruct with"
              + " ReconstructionOptions.DEFAULT.withSequential(false)");
    }
    return expected.remove(0);
  }

  /** Chooses the weights of a step, and puts them into the state. */
  private void fit(Step step) {
    Moments fitted = step.fitted();
    Moments judging = step.judging();
    Optional<Moments> all = step.all();
    Map<Boolean, Factor> factors = new LinkedHashMap<>();
    Map<Boolean, Factor> factorsOfAll = new LinkedHashMap<>();
    for (ProductLayer layer : step.layers()) {
      String path = layer.weight().path();
      if (fitted == null || judging == null || fitted.rows() == 0 || judging.rows() == 0) {
        left.put(path, "its layer saw no rows");
        continue;
      }
      boolean biased = layer.bias().isPresent();
      Factor factor;
      try {
        factor = factors.computeIfAbsent(biased, centred -> factor(fitted, centred));
      } catch (ArithmeticException e) {
        left.put(path, "the moments of its inputs cannot be used: " + e.getMessage());
        continue;
      }
      INDArray held = held(layer.weight());
      Weight weight =
          Weight.of(open(layer.weight()), held, layer.sites().weightOrder(), layer.rows().groups());
      Fit fit =
          new Fit(
              new WeightGrid(weight, options.scales()),
              nearest(layer.weight(), held),
              fitted,
              judging,
              biased);
      Fit.Result best = fit.best(options, factor);
      if (all.isPresent() && best.better().isPresent()) {
        Factor ofAll = factorsOfAll.computeIfAbsent(biased, centred -> factor(all.get(), centred));
        best = fit.with(all.get(), ofAll, best, options);
      }
      put(layer.weight(), layer.bias(), best);
    }
    step.clear();
  }

  /** Factors the Hessian of a step, of which the bias takes up the mean if there is one. */
  private Factor factor(Moments moments, boolean centred) {
    if (centred && moments.variation() < LEAST_VARIATION) {
      throw new ArithmeticException("they hardly vary around their mean, or not at all");
    }
    Optional<Moments.Center> center = centred ? Optional.of(moments.center()) : Optional.empty();
    return Factor.of(moments.products(center), options.damping());
  }

  private void fit(Table table) {
    INDArray held = held(table.weight());
    put(
        table.weight(),
        Optional.empty(),
        table.fit(open(table.weight()), held, nearest(table.weight(), held), options));
  }

  private QuantDescriptor descriptor(TensorSite weight) {
    return Objects.requireNonNull(state.descriptors().get(weight.path()));
  }

  /** Returns the quantizer of a weight without a scale. */
  private Quantizer open(TensorSite weight) {
    return Quantizer.of(descriptor(weight), weight.tensor().layout(), shape.kernels());
  }

  /** Returns a weight as it is without reconstruction. */
  private INDArray nearest(TensorSite weight, INDArray held) {
    return WeightQuantizer.of(shape, state, weight, descriptor(weight), held).quantize(held);
  }

  private void put(TensorSite weight, Optional<TensorSite> bias, Fit.Result fit) {
    done.add(new Reconstruction(weight.path(), fit.method(), fit.nearest(), fit.reached()));
    fit.better().ifPresent(better -> put(weight, bias, better));
  }

  private void put(TensorSite weight, Optional<TensorSite> bias, Fit.Better better) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put(weight.path(), better.weight());
    better
        .biasChange()
        .ifPresent(
            change -> {
              INDArray held = held(bias.orElseThrow());
              tensors.put(bias.get().path(), held.add(change.reshape(held.shape())));
            });
    Map<String, CalibratedScale> scale = new LinkedHashMap<>();
    better.scale().ifPresent(own -> scale.put(weight.path(), own));
    calibrated = calibrated.withChosen(tensors).withScales(scale);
    state = state.withChosen(tensors).withScales(scale);
  }
}
