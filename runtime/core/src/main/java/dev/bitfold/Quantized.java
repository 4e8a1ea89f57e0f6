package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.diagnosis.Comparison;
import dev.bitfold.diagnosis.ComparisonRun;
import dev.bitfold.diagnosis.Packing;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.replay.Observation;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.storage.Frozen;
import dev.bitfold.storage.StateFile;
import dev.bitfold.storage.StateFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Holds a quantized model that is ready to use. Immutable. The model is safe for concurrent use if
 * the user's own code is.
 *
 * @param <M> the model
 */
public final class Quantized<M> extends Backed<Frozen> {
  private final M model;
  private final Summary summary;
  private final Frozen contents;

  /** Makes the compressed model from the float model; empty if this model is already compressed. */
  private final Optional<Supplier<Quantized<M>>> compress;

  private Quantized(
      M model, Summary summary, Frozen contents, Optional<Supplier<Quantized<M>>> compress) {
    this.model = model;
    this.summary = summary;
    this.contents = contents;
    this.compress = compress;
  }

  static <M> Quantized<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Applied applied,
      Function<M, Optional<Comparison>> measure) {
    requireCalibrated(shape, state, !observations.isEmpty());
    Summary summary = SummaryBuilder.of(shape, state, observations, applied);
    return of(
        model, component, shape, state, frozen -> summary.withModelError(measure.apply(frozen)));
  }

  private static <M> Quantized<M> of(
      M model,
      Component<M> component,
      ModelShape shape,
      State state,
      Function<M, Summary> summaryOf) {
    // This model keeps its own tensors, so later changes to the float model do not affect it.
    State own = shape.owned(state);
    M frozen = shape.rebuild(model, component, own);
    Summary summary = summaryOf.apply(frozen);
    // The file is made now, because the float model may hold other values later.
    StateFile stored = StateFile.of(shape, state, summary.toJson());
    return new Quantized<>(
        frozen,
        summary,
        new Frozen(stored, stored.floatHashes(shape)),
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
   * Loads a quantized model from a file; for the generated method {@code load}.
   *
   * @param model a model of the same shape as the saved one. If the file holds no weights of its
   *     own, it must be the same float model. Otherwise its weights are not read, and may be {@link
   *     dev.bitfold.tensor.Placeholder placeholders}
   * @throws dev.bitfold.storage.StateFileException if the file is damaged, or belongs to another
   *     version or model; the message says what differs
   * @throws IOException if the file cannot be read
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
   * Saves everything that distinguishes this model from the float model: amax, scales, smoothing,
   * and each weight or bias that differs. After {@link #compress}, the file also holds all weights,
   * so loading no longer needs those of the float model. The file describes the model at the time
   * it was frozen; later changes to the float model have no effect on it. The file is a safetensors
   * file, and is written whole or not at all.
   *
   * @throws IOException if the file cannot be written; a file that was there before is then
   *     unchanged
   */
  public void save(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    contents.file().toSafetensors().write(file);
  }

  /**
   * Returns the same model with its quantized weights packed into the bits of their formats.
   * Outside of {@code forward}, a weight of a compressed layer reads as NaN. In each call of {@code
   * forward}, the layer unpacks its weights, so its outputs do not change. Two kinds of layers keep
   * unpacked weights: those without {@code @Input}, and those without a wrapper.
   *
   * @return this model if it is already compressed
   * @throws IllegalStateException if weights of the float model have changed since {@code
   *     freeze()}, because they are packed from there; the message names each
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
                            ? "; its block scales are dynamic, but their own scale is static"
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
   * Returns what {@link #save} writes: descriptors, scales, smoothing and changed weights. For
   * tools that inspect them.
   */
  public StateFile state() {
    return contents.file();
  }

  @Override
  protected Frozen contents() {
    return contents;
  }

  /**
   * Returns how far this model's outputs are from those of the float model, on data of the user's
   * own. Each batch is run through both models.
   *
   * @param floatModel the model that was quantized
   * @param batches at least one; iterated once
   * @param forward runs one batch, as in {@link Plan#calibrate(Iterable, Forward)}: {@code
   *     MiniLm::forward}
   * @throws IllegalArgumentException if the float model is this model
   * @throws CalibrationException if there are no batches, or if a batch cannot be run; the message
   *     has its number
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

  /** Returns how each tensor is quantized, and its error. */
  public Summary summary() {
    return summary;
  }

  /**
   * Returns what is quantized, how much memory the weights take, and the error of the model's
   * output, on one or two lines.
   */
  @Override
  public String toString() {
    return "quantized " + model.getClass().getSimpleName() + ": " + summary.totals();
  }
}
