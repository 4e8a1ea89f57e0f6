package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.reader.creator.Creation;
import java.util.List;
import javax.lang.model.element.TypeElement;

/**
 * Describes what a model class declares.
 *
 * @param type the class
 * @param creation how it is rebuilt
 * @param components the arguments of its constructor
 */
public record DeclaredModel(
    TypeElement type, Creation creation, List<DeclaredComponent> components) {
  /** Copies the list. */
  public DeclaredModel {
    components = List.copyOf(components);
  }
}
