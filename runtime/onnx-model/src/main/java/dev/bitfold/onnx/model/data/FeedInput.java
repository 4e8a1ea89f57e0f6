package dev.bitfold.onnx.model.data;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Describes an input of a model. Immutable.
 *
 * @param name the name of the input in the file
 * @param type the type of its values
 * @param shape the size of each axis, from 0 up, or {@link #OPEN} for an axis of any size
 */
public record FeedInput(String name, DataType type, List<Long> shape) {
  /** The size of an axis that may have any size. */
  public static final long OPEN = -1;

  /** Copies the shape. */
  public FeedInput {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
    shape = List.copyOf(shape);
  }

  boolean takes(long[] other) {
    if (other.length != shape.size()) {
      return false;
    }
    for (int axis = 0; axis < other.length; axis++) {
      long size = shape.get(axis);
      if (size != OPEN && size != other[axis]) {
        return false;
      }
    }
    return true;
  }

  /** Returns the type and the shape, such as {@code int64 [?, 128]}. */
  @Override
  public String toString() {
    return shape.stream()
        .map(size -> size == OPEN ? "?" : String.valueOf(size))
        .collect(Collectors.joining(", ", name + " " + TypeNames.of(type) + " [", "]"));
  }
}
