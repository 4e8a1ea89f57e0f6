package dev.bitfold.internal.state;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.tensor.Bits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Identifies one tensor of one layer of a model.
 *
 * @param layer the layer's path: {@code encoder.3.attention.query}
 * @param type the layer's class
 * @param tensor the tensor as annotated
 */
public record TensorSite(String layer, Class<?> type, LayerTensor tensor) {
  /**
   * Returns the tensor's name in summaries, parameters and files: {@code
   * encoder.3.attention.query.x}.
   */
  public String path() {
    return path(layer, tensor.name());
  }

  /** Returns the layer's path from a tensor's path; empty if the model itself is the layer. */
  public static String layerOf(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }

  static String path(String layer, String tensor) {
    return layer.isEmpty() ? tensor : layer + "." + tensor;
  }

  /** Returns path, class, shape and descriptor in the form that messages begin with. */
  public String describe(@Nullable INDArray value, @Nullable QuantDescriptor descriptor) {
    StringBuilder text = new StringBuilder(path()).append(" (").append(type.getSimpleName());
    if (value != null) {
      text.append(", ").append(value.dataType()).append(' ').append(Arrays.toString(value.shape()));
    }
    if (!tensor.layout().isUnknown()) {
      text.append(", layout ").append(tensor.layout());
    }
    if (descriptor != null) {
      text.append(", ").append(descriptor);
    }
    return text.append(')').toString();
  }

  /**
   * Checks the tensor that a layer holds after it was built.
   *
   * @param given the tensor that its constructor was given
   * @param descriptor the descriptor, for the message
   * @throws IllegalStateException if the layer holds other bits
   */
  public void requireHeld(
      @Nullable INDArray given, @Nullable INDArray held, @Nullable QuantDescriptor descriptor) {
    if (held != given && (held == null || given == null || !Bits.same(held, given))) {
      throw new IllegalStateException(
          describe(given, descriptor)
              + ": the constructor of "
              + type.getName()
              + " was given this tensor, but the layer holds "
              + (held == null ? "none" : "other values")
              + "; it must keep the tensor as it is");
    }
  }

  /**
   * Checks that a layer of the float model still holds the tensor that it held when the model was
   * read, because all measurements belong to that tensor.
   *
   * @param read the tensor that was read; null if none was read
   * @throws IllegalStateException if the layer holds another tensor with other bits
   */
  void requireAsRead(@Nullable INDArray read, INDArray now) {
    if (read != null && read != now && (read.wasClosed() || !Bits.same(read, now))) {
      throw new IllegalStateException(
          describe(now, null)
              + ": the model has been given another tensor since its plan was made; make a new plan");
    }
  }

  /**
   * Checks the variable that a layer of a graph holds after it was built.
   *
   * @param given the variable that its constructor was given
   * @throws IllegalStateException if the layer holds another variable
   */
  @SuppressWarnings("ReferenceEquality") // a graph's names are its own
  public void requireHeld(@Nullable SDVariable given, @Nullable SDVariable held) {
    boolean same =
        (held == null || given == null)
            ? held == given
            : held.getSameDiff() == given.getSameDiff() && held.name().equals(given.name());
    if (!same) {
      throw new IllegalStateException(
          describe(null, null)
              + ": the constructor of "
              + type.getName()
              + " was given "
              + (given == null ? "none" : "variable " + given.name())
              + ", but the layer holds "
              + (held == null ? "none" : held.name())
              + "; it must keep the variable as it is");
    }
  }
}
