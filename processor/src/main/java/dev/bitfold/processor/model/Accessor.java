package dev.bitfold.processor.model;

/**
 * Describes how generated code reads a value of a layer or model.
 *
 * @param name the name of a method or field
 * @param method whether it is a method
 */
public record Accessor(String name, boolean method) {
  /** Returns the expression that follows a dot. */
  public String code() {
    return method ? name + "()" : name;
  }
}
