package dev.bitfold.tuning;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.Stage;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.internal.state.WeightQuantizer;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.reconstruction.WeightScales;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Chooses a format for each weight under a {@link Budget}.
 *
 * <p>The price of a format is what it does to the model's output: each weight is quantized alone in
 * one format, and the squared error of the output is measured. For its other formats, that error is
 * multiplied by the ratio of the weight's own squared errors. Squared errors of several weights add
 * up as long as they are small. Which formats have the least sum is solved exactly, and what was
 * predicted is compared with what the model does, on batches that were not used to predict.
 */
public final class AllocationRun<M> {
  /** Holds how each tensor is quantized with the chosen formats, and what was chosen. */
  public record Result(Map<String, QuantDescriptor> descriptors, Allocation allocation) {}

  private static final int MOST_BATCHES = 4;
  private static final int OTHER_BUDGETS = 6;
  private static final int ARBITRARY = 12;

  private final Replay<M> replay;
  private final ModelShape shape;

  /** With the amax of the rules that weights were selected for. */
  private final State state;

  private final Corrections corrections;
  private final Budget budget;
  private final Map<String, List<WeightFormat>> formats = new LinkedHashMap<>();
  private final Map<String, String> left = new LinkedHashMap<>();
  private final List<List<Knapsack.Choice>> items = new ArrayList<>();

  /** The bytes of all weights and biases that nothing is chosen for. */
  private long others;

  /**
   * Makes a run.
   *
   * @param calibrated the calibrated state
   * @param corrections the user's, with the rules for the amax of weights
   */
  public AllocationRun(
      Replay<M> replay,
      ModelShape shape,
      State calibrated,
      Corrections corrections,
      Budget budget) {
    this.replay = replay;
    this.shape = shape;
    this.state = corrections.scaledByRules(shape, calibrated);
    this.corrections = corrections;
    this.budget = budget;
  }

  /**
   * Chooses the formats.
   *
   * @throws IllegalArgumentException if the budget is below the smallest choice, or nothing can be
   *     chosen for
   * @throws CalibrationException if a weight or the model's output is not finite
   */
  public Result run() {
    replay.requireLasting();
    shape.sites().values().forEach(this::add);
    requireFormats();
    List<Replay.Batch<M>> all = batches();
    boolean heldOut = all.size() > 1;
    price(new ModelError<>(replay, state, every(all, 0, heldOut ? 2 : 1)));
    requireFormats();
    long limit = limit();
    long smallest = others + smallest();
    if (smallest > limit) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a budget of %d bytes is below the smallest choice, %d bytes, of which %d are of what"
                  + " nothing is chosen for",
              limit,
              smallest,
              others));
    }
    List<Replay.Batch<M>> unseen = heldOut ? every(all, 1, 2) : all;
    return chosen(limit, new ModelError<>(replay, state, unseen), heldOut);
  }

  private void requireFormats() {
    if (formats.isEmpty()) {
      throw new IllegalArgumentException("there is no weight to choose a format for: " + left);
    }
  }

  private void add(TensorSite site) {
    TensorRole role = site.tensor().role();
    if (role != TensorRole.WEIGHT && role != TensorRole.BIAS) {
      return;
    }
    INDArray held = held(site);
    QuantDescriptor own = state.descriptors().get(site.path());
    if (own == null) {
      others += held.length() * Float.BYTES;
      return;
    }
    Optional<String> fixed = WeightScales.fixedBecause(site.path(), state);
    if (fixed.isPresent()) {
      leave(site, fixed.get());
      return;
    }
    List<WeightFormat> some = new ArrayList<>();
    for (QuantDescriptor descriptor : descriptors(own)) {
      Quantizer open = open(site, descriptor);
      Quantizer quantizer =
          corrections
              .standardScale(shape, state, site, descriptor)
              .map(scale -> scale.fix(open))
              .orElseGet(() -> WeightScales.leastSquares(open, held));
      some.add(
          new WeightFormat(
              Optional.of(quantizer),
              quantizer.pack(held).bytes(),
              Math.pow(Distortion.of(held, quantizer.quantize(held)).relative(), 2)));
    }
    if (budget.floats()) {
      some.add(new WeightFormat(Optional.empty(), held.length() * Float.BYTES, 0));
    }
    formats.put(site.path(), some);
  }

  /** Leaves a weight as it is quantized now. */
  private void leave(TensorSite site, String reason) {
    left.put(site.path(), reason);
    QuantDescriptor own = Objects.requireNonNull(state.descriptors().get(site.path()));
    INDArray held = held(site);
    others += WeightQuantizer.of(shape, state, site, own, held).pack(held).bytes();
  }

  private INDArray held(TensorSite site) {
    return shape.tensor(site, state);
  }

  private Quantizer open(TensorSite site, QuantDescriptor descriptor) {
    return Quantizer.of(descriptor, site.tensor().layout(), shape.kernels());
  }

  /** Returns the formats that a weight may have; of those that are no integers, only its own. */
  private List<QuantDescriptor> descriptors(QuantDescriptor own) {
    if (own.format().integers().isEmpty()) {
      return List.of(own);
    }
    List<QuantDescriptor> some =
        budget.bits().stream().flatMap(bits -> with(own, bits).stream()).toList();
    return some.isEmpty() ? List.of(own) : some;
  }

  private static Optional<QuantDescriptor> with(QuantDescriptor own, int bits) {
    try {
      return Optional.of(own.toBuilder().bits(bits).build());
    } catch (InvalidDescriptorException e) {
      return Optional.empty(); // the other settings do not go with so many bits
    }
  }

  private long limit() {
    long elements = formats.keySet().stream().mapToLong(p -> held(shape.site(p)).length()).sum();
    return budget.bytes().isPresent()
        ? budget.bytes().getAsLong()
        : others + (long) (budget.bitsPerWeight().orElseThrow() * elements / Byte.SIZE);
  }

  private long smallest() {
    return formats.values().stream()
        .mapToLong(some -> some.stream().mapToLong(WeightFormat::bytes).min().orElseThrow())
        .sum();
  }

  /**
   * Returns batches, at most twice as many as are run: arbitrary ones, because layers may take
   * turns.
   */
  private List<Replay.Batch<M>> batches() {
    List<Replay.Batch<M>> all = new ArrayList<>();
    replay.pass("sampling").forEach(all::add);
    int most = Math.min(all.size(), 2 * MOST_BATCHES);
    Collections.shuffle(all, new Random(1));
    return all.subList(0, most);
  }

  private static <T> List<T> every(List<T> all, int from, int stride) {
    return IntStream.range(0, all.size())
        .filter(i -> i % stride == from)
        .mapToObj(all::get)
        .toList();
  }

  /** Gives each format the squared error of the model's output that is expected of it alone. */
  private void price(ModelError<M> error) {
    Stage stage =
        replay.stage("one weight at a time", OptionalLong.of((long) formats.size() * error.size()));
    CalledLayers called = new CalledLayers();
    for (String path : List.copyOf(formats.keySet())) {
      TensorSite site = shape.site(path);
      List<WeightFormat> some = Objects.requireNonNull(formats.get(path));
      WeightFormat measured = WeightFormat.measured(some);
      double alone = error.of(with(Map.of(path, measured)), called, stage::advance);
      if (!Double.isFinite(alone) || !Double.isFinite(measured.own())) {
        throw new CalibrationException(
            path
                + ": the weight, or the model's output on the calibration data, holds NaN or"
                + " infinities, so that formats cannot be compared");
      }
      if (alone == 0 && !called.contains(site.layer())) {
        formats.remove(path);
        leave(site, "its layer was not called in the batches that were sampled");
        continue;
      }
      double perOwn = measured.own() > 0 ? alone * alone / measured.own() : 0;
      items.add(
          some.stream()
              .map(format -> new Knapsack.Choice(format.bytes(), perOwn * format.own()))
              .toList());
    }
    stage.finish();
  }

  /** Returns the model with some weights rounded, and all else float. */
  private State with(Map<String, WeightFormat> some) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    some.forEach(
        (path, format) -> {
          INDArray held = held(shape.site(path));
          format.quantizer().ifPresent(own -> tensors.put(path, own.quantize(held)));
        });
    return state.withoutQuantizers().withChosen(tensors);
  }

  private Result chosen(long limit, ModelError<M> error, boolean heldOut) {
    Stage stage =
        replay.stage(
            "measuring formats",
            OptionalLong.of((long) (1 + OTHER_BUDGETS + ARBITRARY) * error.size()));
    int[] best = Knapsack.solve(items, limit - others).orElseThrow();
    Allocation.Point point = point(best, error, stage);
    List<Allocation.Point> front = new ArrayList<>();
    long smallest = smallest();
    long largest = bytes(largest());
    for (int i = 0; i < OTHER_BUDGETS; i++) {
      // Sizes in a geometric series: from few bits on, an error halves with a bit more.
      double share = (i + 0.5) / OTHER_BUDGETS;
      long bytes = (long) (smallest * Math.pow(largest / (double) smallest, share));
      front.add(point(Knapsack.solve(items, bytes).orElseThrow(), error, stage));
    }
    double correlation = correlation(bytes(best), error, stage);
    stage.finish();
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>(state.descriptors());
    List<Allocation.Weight> weights = new ArrayList<>();
    int i = 0;
    for (Map.Entry<String, List<WeightFormat>> weight : formats.entrySet()) {
      WeightFormat format = weight.getValue().get(best[i]);
      double alone = Math.sqrt(items.get(i).get(best[i]).cost());
      weights.add(
          new Allocation.Weight(weight.getKey(), format.descriptor(), format.bytes(), alone));
      format
          .descriptor()
          .ifPresentOrElse(
              descriptor -> descriptors.put(weight.getKey(), descriptor),
              () -> descriptors.remove(weight.getKey()));
      i++;
    }
    return new Result(
        descriptors, new Allocation(weights, left, point, front, correlation, heldOut));
  }

  private int[] largest() {
    return items.stream()
        .mapToInt(
            choices ->
                IntStream.range(0, choices.size())
                    .reduce((a, b) -> choices.get(b).bytes() > choices.get(a).bytes() ? b : a)
                    .orElseThrow())
        .toArray();
  }

  private long bytes(int[] choices) {
    return IntStream.range(0, choices.length)
        .mapToLong(i -> items.get(i).get(choices[i]).bytes())
        .sum();
  }

  private Allocation.Point point(int[] choices, ModelError<M> error, Stage stage) {
    double predicted =
        IntStream.range(0, choices.length)
            .mapToDouble(i -> items.get(i).get(choices[i]).cost())
            .sum();
    Map<String, WeightFormat> some = new LinkedHashMap<>();
    int i = 0;
    for (Map.Entry<String, List<WeightFormat>> weight : formats.entrySet()) {
      some.put(weight.getKey(), weight.getValue().get(choices[i++]));
    }
    double measured = error.of(with(some), stage::advance);
    return new Allocation.Point(others + bytes(choices), Math.sqrt(predicted), measured);
  }

  /**
   * Returns the rank correlation over arbitrary formats, each moved by steps of single weights to
   * about as many bytes.
   */
  private double correlation(long bytes, ModelError<M> error, Stage stage) {
    Random random = new Random(1);
    double[] predicted = new double[ARBITRARY];
    double[] measured = new double[ARBITRARY];
    for (int n = 0; n < ARBITRARY; n++) {
      int[] choices = new int[items.size()];
      Arrays.setAll(choices, i -> random.nextInt(items.get(i).size()));
      int[] order = random.ints(0, items.size()).limit(8L * items.size()).toArray();
      for (int i : order) {
        choices[i] = neighbour(i, choices[i], bytes(choices) > bytes);
      }
      Allocation.Point point = point(choices, error, stage);
      predicted[n] = point.predicted();
      measured[n] = point.measured();
    }
    return new SpearmansCorrelation().correlation(predicted, measured);
  }

  /** Returns the next smaller or larger choice of an item, or the same if there is none. */
  private int neighbour(int item, int from, boolean smaller) {
    List<Knapsack.Choice> choices = items.get(item);
    int best = from;
    for (int c = 0; c < choices.size(); c++) {
      long by = choices.get(c).bytes() - choices.get(from).bytes();
      long nearest = choices.get(best).bytes() - choices.get(from).bytes();
      boolean right = smaller ? by < 0 : by > 0;
      if (right && (best == from || Math.abs(by) < Math.abs(nearest))) {
        best = c;
      }
    }
    return best;
  }
}
