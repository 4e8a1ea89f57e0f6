package dev.bitfold.internal.training;

import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.Workspaces;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Holds one trained tensor: its float32 value, the sum of its gradients in a step, and the state of
 * its updater. Several threads may add gradients; one thread does everything else.
 */
final class Parameter {
  private final StepWatch watch;
  private final TensorSite site;
  private final String name;
  private final INDArray value;
  private final INDArray gradient;
  private final GradientUpdater<?> updater;
  private int added;
  private boolean fixed;

  /**
   * Makes a parameter with an initial value, which is not changed.
   *
   * @param site the tensor that is trained, or whose scale is trained
   * @param name the name in messages
   */
  Parameter(StepWatch watch, TensorSite site, String name, INDArray initial, IUpdater config) {
    this.watch = watch;
    this.site = site;
    this.name = name;
    this.value = Workspaces.outside(() -> initial.castTo(DataType.FLOAT).dup('c'));
    this.gradient = Workspaces.outside(() -> Nd4j.zeros(DataType.FLOAT, 1, value.length()));
    this.updater = Workspaces.outside(() -> updater(config, value.length()));
  }

  private static GradientUpdater<?> updater(IUpdater config, long length) {
    long size = config.stateSize(length);
    INDArray state = size == 0 ? null : Nd4j.zeros(DataType.FLOAT, 1, size);
    try {
      return config.clone().instantiate(state, true);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          config.getClass().getName()
              + " cannot be instantiated ("
              + e.getMessage()
              + "); train with another updater",
          e);
    }
  }

  TensorSite site() {
    return site;
  }

  String name() {
    return name;
  }

  /** Returns the current value. Each update writes to it in place. */
  INDArray value() {
    return value;
  }

  /** Stops training this parameter. */
  void holdFixed() {
    fixed = true;
  }

  boolean isFixed() {
    return fixed;
  }

  /** Clears the gradients of the previous step. */
  void reset() {
    added = 0;
  }

  /** Returns whether this step has added a gradient. */
  boolean touched() {
    return added > 0;
  }

  /**
   * Adds a gradient of the value's shape.
   *
   * @throws IllegalStateException if the gradient holds NaN or infinity
   */
  synchronized void add(INDArray more) {
    if (fixed) {
      return;
    }
    if (!watch.isFinite(more)) {
      throw new IllegalStateException(
          watch.at() + "the gradient of " + name + " holds NaN or infinity");
    }
    INDArray sum = gradient.reshape('c', value.shape());
    if (added > 0) {
      sum.addi(more);
    } else {
      sum.assign(more);
    }
    added++;
  }

  /** Returns a copy of the sum of the gradients. */
  INDArray gradient() {
    return Workspaces.outside(() -> gradient.reshape('c', value.shape()).dup('c'));
  }

  /** Returns whether the sum of finite gradients is itself finite. */
  boolean hasFiniteGradient() {
    return added < 2 || watch.isFinite(gradient);
  }

  /**
   * Returns the numbers to subtract from the value. The sum of the gradients is overwritten.
   *
   * @throws IllegalStateException if the result holds NaN or infinity
   */
  INDArray step(int iteration, int epoch) {
    updater.applyUpdater(gradient, iteration, epoch);
    if (!watch.isFinite(gradient)) {
      IUpdater config = updater.getConfig();
      throw new IllegalStateException(
          watch.at()
              + config.getClass().getSimpleName()
              + " gives an update of "
              + name
              + " that holds NaN or infinity"
              + (config.hasLearningRate()
                  ? "; its learning rate is " + config.getLearningRate(iteration, epoch)
                  : ""));
    }
    return gradient.reshape('c', value.shape());
  }

  /** Returns copies of the updater's state, by ND4J's names. */
  Map<String, INDArray> moments() {
    return Workspaces.outside(
        () -> {
          Map<String, INDArray> copies = new LinkedHashMap<>();
          updater.getState().forEach((key, state) -> copies.put(key, state.dup('c')));
          return Collections.unmodifiableMap(copies);
        });
  }

  /**
   * Restores the updater's state.
   *
   * @throws IllegalArgumentException if an updater of this class has another state
   */
  void restore(Map<String, INDArray> moments) {
    Map<String, INDArray> state = updater.getState();
    if (!state.keySet().equals(moments.keySet())) {
      throw new IllegalArgumentException(
          "the updater of "
              + name
              + " remembers "
              + state.keySet()
              + ", and not "
              + moments.keySet());
    }
    state.forEach((key, array) -> restore(key, array, Objects.requireNonNull(moments.get(key))));
  }

  private void restore(String key, INDArray array, INDArray saved) {
    if (array.length() != saved.length()) {
      throw new IllegalArgumentException(
          key
              + " of "
              + name
              + "'s updater has "
              + array.length()
              + " values, and not "
              + saved.length());
    }
    array.assign(saved.reshape('c', array.shape()));
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
