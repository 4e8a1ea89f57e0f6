package dev.bitfold.internal.training;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Observes one step: the layers that ran in each direction, and where NaN or infinity occurred
 * first. Safe for concurrent use, except {@link #begin}.
 */
final class StepWatch {
  private final Quantizer largest;
  private final Set<String> forward = Collections.synchronizedSet(new LinkedHashSet<>());
  private final Set<String> backward = Collections.synchronizedSet(new LinkedHashSet<>());
  private final AtomicReference<@Nullable String> nonFinite = new AtomicReference<>();
  private volatile int step = 1;

  StepWatch(QuantKernels kernels) {
    this.largest = Quantizer.of(QuantDescriptor.bits(8), Layout.UNKNOWN, kernels);
  }

  /** Forgets the previous step. */
  void begin(int number) {
    step = number;
    forward.clear();
    backward.clear();
    nonFinite.set(null);
  }

  /** Returns the beginning of a message: {@code step 3: }. */
  String at() {
    return "step " + step + ": ";
  }

  /** Records that a layer has returned an output. */
  void ranForward(String layer, String name, INDArray output) {
    forward.add(layer);
    if (nonFinite.get() == null && !isFinite(output)) {
      nonFinite.compareAndSet(null, name);
    }
  }

  /** Records that a layer's {@code backward} was called. */
  void ranBackward(String layer) {
    backward.add(layer);
  }

  /**
   * Returns the layers whose {@code forward} ran without their {@code backward}, in the order of
   * their first output.
   */
  Set<String> withoutBackward() {
    Set<String> left = new LinkedHashSet<>(forward);
    left.removeAll(backward);
    return left;
  }

  /** Returns the first layer whose output held NaN or infinity. */
  Optional<String> firstNonFinite() {
    return Optional.ofNullable(nonFinite.get());
  }

  boolean isFinite(INDArray x) {
    return x.isEmpty() || Float.isFinite(largest.amax(x).getFloat(0));
  }
}
