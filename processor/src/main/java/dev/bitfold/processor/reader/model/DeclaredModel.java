package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.reader.creator.Creation;
import java.util.List;
import javax.lang.model.element.TypeElement;

/**
 * What a model class declares.
 *
 * @param type the class
 * @param creation how it is built again
 * @param components what its constructor takes
 */
public record DeclaredModel(
    TypeElement type, Creation creation, List<DeclaredComponent> components) {
  /** The list is copied. */
  public DeclaredModel {
    components = List.copyOf(components);
  }
}
