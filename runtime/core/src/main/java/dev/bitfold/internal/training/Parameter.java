package dev.bitfold.internal.training;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.Workspaces;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * A tensor that is trained: its float32 value, the sum of its gradients in a step, and the state of
 * its updater. Gradients may come from several threads; all else is done by one.
 */
final class Parameter {
  private final Quantizer largest;
  private final String name;
  private final INDArray value;
  private final INDArray gradient;
  private final GradientUpdater<?> updater;
  private boolean touched;

  /**
   * A parameter of a value that is not changed.
   *
   * @param kernels what its gradient is checked with
   * @param name for messages
   */
  Parameter(QuantKernels kernels, String name, INDArray initial, IUpdater config) {
    this.largest = Quantizer.of(QuantDescriptor.bits(8), Layout.UNKNOWN, kernels);
    this.name = name;
    this.value = Workspaces.outside(() -> initial.castTo(DataType.FLOAT).dup('c'));
    this.gradient = Workspaces.outside(() -> Nd4j.zeros(DataType.FLOAT, 1, value.length()));
    this.updater = Workspaces.outside(() -> updater(config, value.length()));
  }

  private static GradientUpdater<?> updater(IUpdater config, long length) {
    long size = config.stateSize(length);
    INDArray state = size == 0 ? null : Nd4j.zeros(DataType.FLOAT, 1, size);
    return config.clone().instantiate(state, true);
  }

  String name() {
    return name;
  }

  /** The value as it is now, written to in place by {@link #update}. */
  INDArray value() {
    return value;
  }

  /** Forgets the gradients of the step before. */
  void reset() {
    touched = false;
  }

  /** Whether the step has had a gradient for it. */
  boolean touched() {
    return touched;
  }

  /** Adds a gradient of the value's shape. */
  synchronized void add(INDArray more) {
    INDArray sum = gradient.reshape('c', value.shape());
    if (touched) {
      sum.addi(more);
    } else {
      sum.assign(more);
    }
    touched = true;
  }

  /** The sum of the gradients, a copy. */
  INDArray gradient() {
    return Workspaces.outside(() -> gradient.reshape('c', value.shape()).dup('c'));
  }

  boolean hasFiniteGradient() {
    return value.isEmpty() || Float.isFinite(largest.amax(gradient).getFloat(0));
  }

  /** What {@link #update} would subtract, in place of the gradient, which is then no more. */
  INDArray step(int iteration, int epoch) {
    updater.applyUpdater(gradient, iteration, epoch);
    return gradient.reshape('c', value.shape());
  }

  void update(int iteration, int epoch) {
    value.subi(step(iteration, epoch));
  }

  void requireShape(INDArray given, String what, @Nullable String layer) {
    if (!given.dataType().isFPType() || !Arrays.equals(given.shape(), value.shape())) {
      throw new IllegalArgumentException(
          what
              + " is "
              + given.dataType()
              + " of shape "
              + Arrays.toString(given.shape())
              + (layer == null ? "" : " in " + layer)
              + ", and "
              + name
              + " is FLOAT of shape "
              + Arrays.toString(value.shape()));
    }
  }
}
