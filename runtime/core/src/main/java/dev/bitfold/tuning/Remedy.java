package dev.bitfold.tuning;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.internal.state.WeightQuantizer;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds other descriptors for a layer's tensors, and their price.
 *
 * @param describe the descriptors, by tensor path
 * @param bytes the number of bytes that the packed weights take in addition
 */
record Remedy(Map<String, QuantDescriptor> describe, long bytes) {
  /** The remedy that keeps the layer float. */
  static final Remedy FLOAT = new Remedy(Map.of(), 0);

  private static final int BLOCK = 32;

  /** Copies the map, keeping its order. */
  Remedy {
    describe = Collections.unmodifiableMap(new LinkedHashMap<>(describe));
  }

  /**
   * Returns the remedies to try for one tensor: a scale for each output channel of a weight, blocks
   * along its input channels, a scale for each token of an input, and more bits for either. All
   * keep the rest of the descriptor. Empty if the amax is fixed.
   */
  static List<Remedy> of(TensorSite site, ModelShape shape, State state) {
    QuantDescriptor old = state.descriptors().get(site.path());
    if (old == null || !old.amax().isEmpty()) {
      return List.of();
    }
    List<Remedy> remedies = new ArrayList<>();
    for (UnaryOperator<QuantDescriptor.Builder> change : changes(site, old)) {
      valid(change.apply(old.toBuilder()), site)
          .map(other -> new Remedy(Map.of(site.path(), other), bytes(site, other, shape, state)))
          .ifPresent(remedies::add);
    }
    return remedies;
  }

  private static List<UnaryOperator<QuantDescriptor.Builder>> changes(
      TensorSite site, QuantDescriptor old) {
    Layout layout = site.tensor().layout();
    List<UnaryOperator<QuantDescriptor.Builder>> changes = new ArrayList<>();
    boolean fewBits = old.format().integers().filter(format -> format.bits() < 8).isPresent();
    if (site.tensor().role() == TensorRole.WEIGHT) {
      String channels = layout.has('O') ? "O" : layout.has('C') ? "C" : "";
      boolean coarse = old.perTensor() && !channels.isEmpty();
      if (coarse) {
        changes.add(b -> b.per(channels));
      }
      if (old.format().integers().isPresent() && old.blockSizes().isEmpty() && layout.has('I')) {
        changes.add(b -> b.axis().per("").blockSizes(BlockSize.along("I", BLOCK)));
      }
      if (fewBits) {
        changes.add(b -> (coarse ? b.per(channels) : b).bits(8));
      }
    } else if (site.tensor().role() == TensorRole.INPUT) {
      String tokens = tokens(layout);
      boolean coarse = old.perTensor() && !old.dynamic() && !tokens.isEmpty();
      if (coarse) {
        changes.add(b -> b.per(tokens).dynamic(true).calib(Calib.MAX));
      }
      if (fewBits) {
        changes.add(b -> b.bits(8));
      }
      if (fewBits && coarse) {
        changes.add(b -> b.per(tokens).dynamic(true).calib(Calib.MAX).bits(8));
      }
    }
    return changes;
  }

  /** Returns the letters of one scale for each token; empty if the layout names none. */
  private static String tokens(Layout layout) {
    String letters = (layout.has('N') ? "N" : "") + (layout.has('T') ? "T" : "");
    return letters.isEmpty() && layout.isOpen() ? "NT" : letters;
  }

  /** Returns the changed descriptor; empty if the change contradicts the rest of the descriptor. */
  private static Optional<QuantDescriptor> valid(QuantDescriptor.Builder changed, TensorSite site) {
    Role role = site.tensor().role().role().orElseThrow();
    return changed.problems().isEmpty()
        ? Optional.of(changed.build())
            .filter(other -> other.problems(role, site.tensor().layout()).isEmpty())
        : Optional.empty();
  }

  private static long bytes(TensorSite site, QuantDescriptor other, ModelShape shape, State state) {
    if (site.tensor().role() != TensorRole.WEIGHT) {
      return 0;
    }
    INDArray weight = shape.tensor(site, state);
    QuantDescriptor old = Objects.requireNonNull(state.descriptors().get(site.path()));
    return packed(site, other, shape, weight) - packed(site, old, shape, weight);
  }

  private static long packed(
      TensorSite site, QuantDescriptor descriptor, ModelShape shape, INDArray weight) {
    Quantizer open = Quantizer.of(descriptor, site.tensor().layout(), shape.kernels());
    return WeightQuantizer.of(open, weight, null).pack(weight).bytes();
  }

  /**
   * Returns the remedy that keeps a layer float. Its weights then take four bytes for each value.
   */
  static Remedy keepFloat(String layer, ModelShape shape, State state) {
    long bytes = 0;
    for (TensorSite site : shape.sites().values()) {
      QuantDescriptor old = state.descriptors().get(site.path());
      if (old != null && site.layer().equals(layer) && site.tensor().role() == TensorRole.WEIGHT) {
        INDArray weight = shape.tensor(site, state);
        bytes += Float.BYTES * weight.length() - packed(site, old, shape, weight);
      }
    }
    return new Remedy(Map.of(), bytes);
  }

  /** Returns whether the tensors keep their bits, so that only their scales become finer. */
  boolean keepsFormats(State state) {
    return describe.entrySet().stream()
        .allMatch(
            e ->
                e.getValue()
                    .format()
                    .equals(Objects.requireNonNull(state.descriptors().get(e.getKey())).format()));
  }

  /** Returns whether the layer is kept float. */
  boolean isFloat() {
    return describe.isEmpty();
  }

  /** Returns both remedies together. */
  Remedy and(Remedy other) {
    Map<String, QuantDescriptor> all = new LinkedHashMap<>(describe);
    all.putAll(other.describe);
    return new Remedy(all, bytes + other.bytes);
  }

  /** Returns a state with these descriptors, in which a weight's scale follows from its values. */
  State in(State state) {
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>(state.descriptors());
    descriptors.putAll(describe);
    Map<String, CalibratedScale> scales = new LinkedHashMap<>(state.scales());
    describe.forEach(
        (path, descriptor) -> {
          QuantDescriptor old = state.descriptors().get(path);
          boolean sameRange =
              old != null
                  && !descriptor.dynamic()
                  && old.granularity().equals(descriptor.granularity());
          if (!sameRange) {
            scales.remove(path);
          }
        });
    return new State(
        descriptors, scales, state.preQuantScales(), state.tensors(), Map.of(), state.replaced());
  }
}
