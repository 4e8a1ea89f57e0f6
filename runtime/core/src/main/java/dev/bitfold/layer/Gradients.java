package dev.bitfold.layer;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the result of a layer's {@code backward}: the gradient of its input, and the gradients of
 * its weights and biases by name.
 *
 * <pre>{@code
 * public Gradients backward(INDArray x, INDArray gradOutput) {
 *   return Gradients.of(gradOutput.mmul(weight.transpose()))
 *       .with("weight", x.transpose().mmul(gradOutput))
 *       .with("bias", gradOutput.sum(0));
 * }
 * }</pre>
 *
 * <p>A gradient is a float array of the shape of its tensor. Every weight and bias that the layer
 * holds must have a gradient or be named {@link #fixed}, because a tensor that is left out by
 * mistake would silently not be trained. Immutable. The arrays are not copied.
 */
public final class Gradients {
  private final @Nullable INDArray input;
  private final Map<String, INDArray> named;
  private final Set<String> fixed;

  private Gradients(@Nullable INDArray input, Map<String, INDArray> named, Set<String> fixed) {
    this.input = input;
    this.named = Collections.unmodifiableMap(named);
    this.fixed = Collections.unmodifiableSet(fixed);
  }

  private static INDArray given(@Nullable INDArray input) {
    return Objects.requireNonNull(
        input, "the gradient of the input; where it has none: Gradients.withoutInput()");
  }

  /**
   * Makes the gradients of a layer whose weights and biases all have a gradient.
   *
   * @param input the gradient of the first parameter of {@code forward}, in its shape
   * @param parameters the gradients of weights, biases and further inputs, by name
   */
  public Gradients(INDArray input, Map<String, INDArray> parameters) {
    this(given(input), new LinkedHashMap<>(parameters), Set.of());
  }

  /**
   * Returns the gradients of a layer whose first parameter of {@code forward} has a gradient.
   *
   * @param input the gradient of that parameter, in its shape
   */
  public static Gradients of(INDArray input) {
    return new Gradients(given(input), Map.of(), Set.of());
  }

  /** Returns the gradients of a layer whose input has none, such as the indices of an embedding. */
  public static Gradients withoutInput() {
    return new Gradients(null, Map.of(), Set.of());
  }

  /**
   * Returns these gradients with that of a weight, of a bias, or of a further input that is marked
   * {@code @Input}.
   *
   * @param tensor the name of the tensor: that of the member or parameter
   * @param gradient the gradient, in the tensor's shape
   * @throws IllegalArgumentException if there is already a gradient of that name
   */
  public Gradients with(String tensor, INDArray gradient) {
    Map<String, INDArray> more = new LinkedHashMap<>(named);
    Objects.requireNonNull(tensor, "tensor");
    Objects.requireNonNull(
        gradient, () -> "the gradient of " + tensor + "; what is not trained: Gradients.fixed");
    if (more.put(tensor, gradient) != null) {
      throw new IllegalArgumentException("two gradients of the name \"" + tensor + "\"");
    }
    return new Gradients(input, more, fixed);
  }

  /**
   * Returns these gradients with weights or biases that training does not change, such as the
   * statistics of a batch norm.
   */
  public Gradients fixed(String... tensors) {
    Set<String> more = new LinkedHashSet<>(fixed);
    more.addAll(Arrays.asList(tensors));
    return new Gradients(input, named, more);
  }

  /** Returns these gradients with another gradient of the input. */
  public Gradients withInput(INDArray gradient) {
    return new Gradients(given(gradient), named, fixed);
  }

  /** Returns these gradients with other gradients by name. */
  public Gradients withNamed(Map<String, INDArray> gradients) {
    return new Gradients(input, new LinkedHashMap<>(gradients), fixed);
  }

  /**
   * Returns the gradient of the first parameter of {@code forward}, to pass on to the layer before.
   *
   * @throws IllegalStateException if the layer's input has no gradient
   */
  public INDArray input() {
    if (input == null) {
      throw new IllegalStateException("the layer's input has no gradient");
    }
    return input;
  }

  /** Returns the gradient of the input; empty if the input has none. */
  public Optional<INDArray> findInput() {
    return Optional.ofNullable(input);
  }

  /**
   * Returns the gradient of a weight, bias or further input.
   *
   * @throws IllegalArgumentException if there is no gradient of that name
   */
  public INDArray parameter(String tensor) {
    INDArray gradient = named.get(tensor);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "no gradient of \"" + tensor + "\"; there are " + named.keySet());
    }
    return gradient;
  }

  /** Returns all gradients by name, in the order in which they were given. */
  public Map<String, INDArray> parameters() {
    return named;
  }

  /** Returns the weights and biases that training does not change. */
  public Set<String> fixed() {
    return fixed;
  }
}
