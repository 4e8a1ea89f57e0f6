package dev.bitfold.processor.model;

/**
 * How generated code reads a value of a layer or model.
 *
 * @param name a method or field
 * @param method whether it is a method
 */
public record Accessor(String name, boolean method) {
  /** The expression, to follow a dot. */
  public String code() {
    return method ? name + "()" : name;
  }
}
