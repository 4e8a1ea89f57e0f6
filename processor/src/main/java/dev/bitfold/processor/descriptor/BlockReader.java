package dev.bitfold.processor.descriptor;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.processor.lang.AnnotationValues;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;

/** Reads {@code @Block}s. */
final class BlockReader {
  private BlockReader() {}

  static BlockSize[] read(AnnotationValue value) {
    return AnnotationValues.list(value).stream()
        .map(one -> block(AnnotationValues.annotation(one)))
        .toArray(BlockSize[]::new);
  }

  private static BlockSize block(AnnotationMirror mirror) {
    int axis = -1;
    String along = "";
    int size = 0;
    for (var entry : mirror.getElementValues().entrySet()) {
      switch (entry.getKey().getSimpleName().toString()) {
        case "axis" -> axis = AnnotationValues.integer(entry.getValue());
        case "along" -> along = AnnotationValues.text(entry.getValue());
        case "size" -> size = AnnotationValues.integer(entry.getValue());
        default -> throw new IllegalStateException("@Block has an element " + entry.getKey());
      }
    }
    return new BlockSize(axis, along, size);
  }
}
