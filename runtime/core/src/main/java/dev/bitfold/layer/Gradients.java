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
 * What a layer's {@code backward} returns: the gradient of its input, and one of each weight and
 * bias by name.
 *
 * <pre>{@code
 * public Gradients backward(INDArray x, INDArray gradOutput) {
 *   return Gradients.of(gradOutput.mmul(weight.transpose()))
 *       .with("weight", x.transpose().mmul(gradOutput))
 *       .with("bias", gradOutput.sum(0));
 * }
 * }</pre>
 *
 * <p>A gradient is a float array of the shape of what it is the gradient of. Every weight and bias
 * that the layer holds must have one or be named {@link #fixed}: one left out by mistake would
 * silently not be trained. Immutable; the arrays are not copied.
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
   * Of a layer whose weights and biases all have one.
   *
   * @param input of the first parameter of {@code forward}, in its shape
   * @param parameters by name
   */
  public Gradients(INDArray input, Map<String, INDArray> parameters) {
    this(given(input), new LinkedHashMap<>(parameters), Set.of());
  }

  /**
   * Of a layer whose first parameter of {@code forward} has a gradient.
   *
   * @param input of that parameter's shape
   */
  public static Gradients of(INDArray input) {
    return new Gradients(given(input), Map.of(), Set.of());
  }

  /** Of a layer whose input has none: indices of an embedding. */
  public static Gradients withoutInput() {
    return new Gradients(null, Map.of(), Set.of());
  }

  /**
   * With the gradient of a weight or bias, or of a further input that is marked {@code @Input}.
   *
   * @param tensor its name: that of the member or parameter
   * @param gradient of the tensor's shape
   * @throws IllegalArgumentException if there is one of that name already
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

  /** With weights or biases that training leaves as they are: the statistics of a batch norm. */
  public Gradients fixed(String... tensors) {
    Set<String> more = new LinkedHashSet<>(fixed);
    more.addAll(Arrays.asList(tensors));
    return new Gradients(input, named, more);
  }

  /** With another gradient of the input. */
  public Gradients withInput(INDArray gradient) {
    return new Gradients(given(gradient), named, fixed);
  }

  /** With other gradients by name. */
  public Gradients withNamed(Map<String, INDArray> gradients) {
    return new Gradients(input, new LinkedHashMap<>(gradients), fixed);
  }

  /**
   * The gradient of the first parameter of {@code forward}, to pass on to the layer before.
   *
   * @throws IllegalStateException if the layer's input has none
   */
  public INDArray input() {
    if (input == null) {
      throw new IllegalStateException("the layer's input has no gradient");
    }
    return input;
  }

  /** The same, empty if the layer's input has none. */
  public Optional<INDArray> findInput() {
    return Optional.ofNullable(input);
  }

  /**
   * The gradient of a weight, bias or further input.
   *
   * @throws IllegalArgumentException if there is none of the name
   */
  public INDArray parameter(String tensor) {
    INDArray gradient = named.get(tensor);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "no gradient of \"" + tensor + "\"; there are " + named.keySet());
    }
    return gradient;
  }

  /** All gradients by name, in the order in which they were given. */
  public Map<String, INDArray> parameters() {
    return named;
  }

  /** The weights and biases that training leaves as they are. */
  public Set<String> fixed() {
    return fixed;
  }
}
