package dev.bitfold.processor.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import java.util.List;

/** Describes what happens to a constructor's argument when a model is rebuilt. */
public sealed interface ComponentModel {
  /** Returns whether the component contains a layer. */
  default boolean isRebuilt() {
    return true;
  }

  /** Returns the components that it consists of. */
  default List<ComponentModel> parts() {
    return List.of();
  }

  /** The component is passed on unchanged. */
  record PassedOn() implements ComponentModel {
    @Override
    public boolean isRebuilt() {
      return false;
    }
  }

  /** The component is kept float because the user said so. */
  record Skipped() implements ComponentModel {
    @Override
    public boolean isRebuilt() {
      return false;
    }
  }

  /** The component is a layer with a generated wrapper. */
  record Layer(ClassName wrapper) implements ComponentModel {}

  /** The component is a model with a generated quantizer. */
  record Model(ClassName quantizer) implements ComponentModel {}

  /** The component is a list. */
  record ListOf(ComponentModel element) implements ComponentModel {
    @Override
    public List<ComponentModel> parts() {
      return List.of(element);
    }
  }

  /** The component is a map with components as values. */
  record MapOf(ComponentModel element) implements ComponentModel {
    @Override
    public List<ComponentModel> parts() {
      return List.of(element);
    }
  }

  /** The component is an array. */
  record ArrayOf(ComponentModel element) implements ComponentModel {
    @Override
    public List<ComponentModel> parts() {
      return List.of(element);
    }
  }

  /** The component is a value that may be absent. */
  record OptionalOf(ComponentModel element) implements ComponentModel {
    @Override
    public List<ComponentModel> parts() {
      return List.of(element);
    }
  }

  /**
   * The component is of a type variable. What stands in for it is of the same class or a subclass,
   * and so fits whatever the type variable stands for.
   *
   * @param bound the bound of the variable
   * @param variable the variable
   * @param content the component of the bound
   */
  record Bounded(TypeName bound, TypeName variable, ComponentModel content)
      implements ComponentModel {
    @Override
    public List<ComponentModel> parts() {
      return List.of(content);
    }
  }

  /**
   * The component is one of several classes of a type.
   *
   * @param declared the declared type
   * @param choices the classes
   */
  record ByClass(TypeName declared, List<Choice> choices) implements ComponentModel {
    /**
     * Describes one of the classes.
     *
     * @param type the class
     * @param component a {@link Layer}, {@link Model} or {@link PassedOn}
     */
    public record Choice(ClassName type, ComponentModel component) {}

    @Override
    public List<ComponentModel> parts() {
      return choices.stream().map(Choice::component).toList();
    }
  }
}
