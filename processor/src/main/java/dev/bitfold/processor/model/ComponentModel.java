package dev.bitfold.processor.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import java.util.List;

/** What becomes of a constructor's argument when a model is rebuilt. */
public sealed interface ComponentModel {
  /** Whether there is a layer in it. */
  default boolean isRebuilt() {
    return true;
  }

  /** Passed on as it is. */
  record PassedOn() implements ComponentModel {
    @Override
    public boolean isRebuilt() {
      return false;
    }
  }

  /** Kept float on the user's word. */
  record Skipped() implements ComponentModel {
    @Override
    public boolean isRebuilt() {
      return false;
    }
  }

  /** A layer, by its generated wrapper. */
  record Layer(ClassName wrapper) implements ComponentModel {}

  /** A model, by its generated quantizer. */
  record Model(ClassName quantizer) implements ComponentModel {}

  /** A list. */
  record ListOf(ComponentModel element) implements ComponentModel {}

  /** A map's values. */
  record MapOf(ComponentModel element) implements ComponentModel {}

  /** An array. */
  record ArrayOf(ComponentModel element) implements ComponentModel {}

  /** A value that may be absent. */
  record OptionalOf(ComponentModel element) implements ComponentModel {}

  /**
   * One of several classes behind a type.
   *
   * @param declared the type
   * @param choices the classes
   */
  record ByClass(TypeName declared, List<Choice> choices) implements ComponentModel {
    /**
     * A class.
     *
     * @param type the class
     * @param component a {@link Layer}, {@link Model} or {@link PassedOn}
     */
    public record Choice(ClassName type, ComponentModel component) {}
  }
}
