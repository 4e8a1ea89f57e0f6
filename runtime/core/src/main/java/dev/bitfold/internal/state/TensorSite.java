package dev.bitfold.internal.state;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.tensor.Bits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One tensor of one layer of a model.
 *
 * @param layer the layer's path: {@code encoder.3.attention.query}
 * @param type the layer's class
 * @param tensor the tensor as annotated
 */
public record TensorSite(String layer, Class<?> type, LayerTensor tensor) {
  /** The tensor's name in summaries, parameters and files: {@code encoder.3.attention.query.x}. */
  public String path() {
    return path(layer, tensor.name());
  }

  /** The layer's path in a tensor's; empty if the model itself is the layer. */
  public static String layerOf(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }

  static String path(String layer, String tensor) {
    return layer.isEmpty() ? tensor : layer + "." + tensor;
  }

  /** Path, class, shape and descriptor, as messages begin. */
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
   * Checks what a layer holds after it was built.
   *
   * @param given the tensor that its constructor was given
   * @param descriptor for the message
   * @throws IllegalStateException if it holds other bits
   */
  public void requireHeld(
      @Nullable INDArray given, @Nullable INDArray held, @Nullable QuantDescriptor descriptor) {
    if (held != given && (held == null || given == null || !Bits.same(held, given))) {
      throw new IllegalStateException(
          describe(given, descriptor)
              + ": the constructor of "
              + type.getName()
              + " was given this tensor, and the layer holds "
              + (held == null ? "none" : "other values")
              + "; it must keep the tensor as it is");
    }
  }

  /**
   * Checks that a layer of the float model still holds the tensor that it held when the model was
   * read: what was measured and written of the model is that tensor's.
   *
   * @param read null if it was not read
   * @throws IllegalStateException if it holds another one, of other bits
   */
  void requireAsRead(@Nullable INDArray read, INDArray now) {
    if (read != null && read != now && (read.wasClosed() || !Bits.same(read, now))) {
      throw new IllegalStateException(
          describe(now, null)
              + ": the model was given another tensor since its plan was made; make a plan of the"
              + " model as it is");
    }
  }

  /**
   * Checks what a layer of a graph holds after it was built.
   *
   * @param given the variable that its constructor was given
   * @throws IllegalStateException if it holds another
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
              + ", and the layer holds "
              + (held == null ? "none" : held.name())
              + "; it must keep the variable as it is");
    }
  }
}
