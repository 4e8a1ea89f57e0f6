package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.reader.creator.Creator;
import java.util.List;
import javax.lang.model.element.TypeElement;

/**
 * What a model class declares.
 *
 * @param type the class
 * @param creator the constructor that builds it again
 * @param components what that takes
 */
public record DeclaredModel(TypeElement type, Creator creator, List<DeclaredComponent> components) {
  /** The list is copied. */
  public DeclaredModel {
    components = List.copyOf(components);
  }
}
