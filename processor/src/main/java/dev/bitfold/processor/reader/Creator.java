package dev.bitfold.processor.reader;

import dev.bitfold.processor.model.Accessor;
import java.util.List;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/**
 * The constructor that builds a class again.
 *
 * @param constructor it
 * @param arguments what it is called with
 */
record Creator(ExecutableElement constructor, List<Argument> arguments) {
  /**
   * An argument.
   *
   * @param parameter the constructor's parameter
   * @param accessor where its value is read
   */
  record Argument(VariableElement parameter, Accessor accessor) {
    String name() {
      return parameter.getSimpleName().toString();
    }
  }

  boolean carries(String name) {
    return arguments.stream().anyMatch(argument -> argument.name().equals(name));
  }
}
