package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Comparison;
import dev.bitfold.diagnosis.ComparisonRun;
import dev.bitfold.diagnosis.Packing;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.observation.Observation;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.storage.StateFile;
import dev.bitfold.storage.StateFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A quantized model, ready to use. Immutable; the model is safe for concurrent use if the user's
 * own code is.
 *
 * @param <M> the model
 */
public final class Quantized<M> extends Backed<StateFile> {
  private final M model;
  private final Summary summary;
  private final StateFile stored;
  private final Map<String, String> originals;

  /** Makes the compressed model, from the float one; absent if this is compressed already. */
  private final Optional<Supplier<Quantized<M>>> compress;

  private Quantized(
      M model,
      Summary summary,
      StateFile stored,
      Map<String, String> originals,
      Optional<Supplier<Quantized<M>>> compress) {
    this.model = model;
    this.summary = summary;
    this.stored = stored;
    this.originals = originals;
    this.compress = compress;
  }

  static <M> Quantized<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Smoothings smoothings,
      Function<M, Optional<Comparison>> measure) {
    requireCalibrated(shape, state, !observations.isEmpty());
    Summary summary = SummaryBuilder.of(shape, state, observations, smoothings);
    return of(
        model, component, shape, state, frozen -> summary.withModelError(measure.apply(frozen)));
  }

  private static <M> Quantized<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Function<M, Summary> summaryOf) {
    // Whatever becomes of the float model, this one stays what it is.
    State own = shape.owned(state);
    M frozen = shape.rebuild(model, component, own);
    Summary summary = summaryOf.apply(frozen);
    // Made now: later the float model may hold other values.
    StateFile stored = StateFile.of(shape, state, summary.toJson());
    return new Quantized<>(
        frozen,
        summary,
        stored,
        stored.originals(shape),
        state.packed().isEmpty()
            ? Optional.of(() -> compressed(model, component, shape, own, stored, summary))
            : Optional.empty());
  }

  private static <M> Quantized<M> compressed(
      M model,
      Component<M> component,
      ModelShape shape,
      State own,
      StateFile stored,
      Summary summary) {
    List<String> changed = new ArrayList<>(stored.changed(shape));
    changed.retainAll(own.descriptors().keySet());
    if (!changed.isEmpty()) {
      throw new IllegalStateException(
          "the float model's "
              + String.join(", ", changed)
              + " changed after freeze(), and compress() packs from there; compress before the"
              + " float model is changed");
    }
    Packing packing = Packing.of(shape, own);
    Summary held = summary.withHeldBytes(packing.heldBytes());
    return of(model, component, shape, packing.state(), frozen -> held);
  }

  /**
   * A quantized model from a file; for generated code of {@code load}.
   *
   * @param model of the same shape as the one that was saved. Where the file holds no weights of
   *     its own, it must be the same float model; else its weights are not read, and may be {@link
   *     dev.bitfold.tensor.Placeholder placeholders}
   * @throws dev.bitfold.storage.StateFileException if the file is damaged, or of another version or
   *     model; the message tells what differs
   * @throws IOException if it cannot be read
   */
  public static <M> Quantized<M> load(M model, Component<M> component, Path file)
      throws IOException {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(component, "component");
    Objects.requireNonNull(file, "file");
    StateFile stored = StateFile.read(file);
    ModelShape shape = ModelShape.of(model, component, Kernels.active());
    shape.requireArrays("it cannot be loaded");
    State state = stored.stateFor(file, shape);
    try {
      Summary summary = Summary.ofJson(stored.summary());
      return of(model, component, shape, state, frozen -> summary);
    } catch (IllegalArgumentException | InvalidDescriptorException e) {
      throw new StateFileException(file, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Saves what distinguishes this model from the float one: amax, scales, smoothing and every
   * weight or bias that was changed. After {@link #compress}, the file also holds all weights, so
   * that loading no longer needs the float model's. The file describes the model as it was frozen;
   * later changes to the float model have no effect on it. It is a safetensors file, and is written
   * whole or not at all.
   *
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   */
  public void save(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    stored.toSafetensors().write(file);
  }

  /**
   * Returns the same model with its quantized weights in the bits of their formats. Outside of
   * {@code forward}, a weight of a compressed layer reads as NaN. A layer unpacks its weights for
   * each call of {@code forward}, so its outputs are the same. Two kinds of layers keep unpacked
   * weights: those without {@code @Input}, and those that have no wrapper.
   *
   * @return itself if it is compressed already
   * @throws IllegalStateException if the float model's weights have changed since {@code freeze()}:
   *     they are packed from there; the message names each
   */
  public Quantized<M> compress() {
    return compress.map(Supplier::get).orElse(this);
  }

  private static void requireCalibrated(ModelShape shape, State state, boolean calibrated) {
    List<String> missing = new ArrayList<>();
    state
        .descriptors()
        .forEach(
            (path, descriptor) -> {
              TensorSite site = Objects.requireNonNull(shape.sites().get(path));
              boolean needed =
                  descriptor.needsCalibration() && site.tensor().role() != TensorRole.WEIGHT;
              if (needed && !state.scales().containsKey(path)) {
                missing.add(
                    site.describe(null, descriptor)
                        + (descriptor.dynamic()
                            ? ", whose scales of blocks are dynamic, and whose scale of those is"
                                + " not"
                            : ""));
              }
            });
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "these quantizers need an amax from calibration data, "
              + (calibrated
                  ? "and no batch has reached them: "
                  : "so calibrate(batches, forward) comes before freeze(): ")
              + String.join("; ", missing));
    }
  }

  /** Returns the model with quantized layers. Its class is that of the float model. */
  public M model() {
    return model;
  }

  /**
   * Returns what {@link #save} writes: descriptors, scales, smoothing and changed weights, for
   * tools that look at them.
   */
  public StateFile state() {
    return stored;
  }

  @Override
  protected StateFile contents() {
    return stored;
  }

  /**
   * Returns the SHA-256 of each weight and bias of the float model, by path, as {@link
   * StateFile#hash} makes it, for exporters; placeholders are left out.
   */
  public Map<String, String> originals() {
    return originals;
  }

  /**
   * Returns how far this model's outputs are from the float model's, on data of your own. Each
   * batch is run through both.
   *
   * @param floatModel the model that was quantized
   * @param batches at least one; iterated once
   * @param forward runs one batch, as in {@link Plan#calibrate(Iterable, Forward)}: {@code
   *     MiniLm::forward}
   * @throws IllegalArgumentException if the float model is this model
   * @throws CalibrationException if there are no batches, or one cannot be run; the message has its
   *     number
   */
  public <B> Comparison compare(
      M floatModel, Iterable<? extends B> batches, Forward<? super M, ? super B> forward) {
    Objects.requireNonNull(floatModel, "floatModel");
    Objects.requireNonNull(batches, "batches");
    Objects.requireNonNull(forward, "forward");
    if (floatModel == model) {
      throw new IllegalArgumentException(
          "the float model is the quantized model itself: give the model that was quantized");
    }
    return ComparisonRun.of(floatModel, model, batches, forward);
  }

  /** Returns how each tensor is quantized, and with what error. */
  public Summary summary() {
    return summary;
  }

  /**
   * Returns what is quantized, what the weights take, and the error of the model's output, on one
   * or two lines.
   */
  @Override
  public String toString() {
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>();
    summary.rows().forEach(row -> descriptors.put(row.path(), row.descriptor()));
    return "quantized "
        + model.getClass().getSimpleName()
        + ": "
        + new Descriptions(descriptors, Map.of()).inWords()
        + "; weights "
        + summary.weightBytes()
        + " bytes packed, as float32 "
        + summary.floatBytes()
        + ", held in "
        + summary.heldBytes()
        + summary.modelError().map(error -> "\nmodel output: " + error).orElse("");
  }
}
