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
 * What is seen during one step: the layers that ran in each direction, and where NaN or infinity
 * came up first. Safe for concurrent use, except {@link #begin}.
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

  /** Forgets the step before. */
  void begin(int number) {
    step = number;
    forward.clear();
    backward.clear();
    nonFinite.set(null);
  }

  /** The beginning of a message: {@code step 3: }. */
  String at() {
    return "step " + step + ": ";
  }

  /** Notes that a layer has given an output. */
  void ranForward(String layer, String name, INDArray output) {
    forward.add(layer);
    if (nonFinite.get() == null && !isFinite(output)) {
      nonFinite.compareAndSet(null, name);
    }
  }

  /** Notes that a layer's {@code backward} was called. */
  void ranBackward(String layer) {
    backward.add(layer);
  }

  /** The layers that ran forward and not backward, in the order of their first output. */
  Set<String> withoutBackward() {
    Set<String> left = new LinkedHashSet<>(forward);
    left.removeAll(backward);
    return left;
  }

  /** The first layer whose output held NaN or infinity. */
  Optional<String> firstNonFinite() {
    return Optional.ofNullable(nonFinite.get());
  }

  boolean isFinite(INDArray x) {
    return x.isEmpty() || Float.isFinite(largest.amax(x).getFloat(0));
  }
}
