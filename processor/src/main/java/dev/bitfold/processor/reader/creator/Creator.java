package dev.bitfold.processor.reader.creator;

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
public record Creator(ExecutableElement constructor, List<Argument> arguments) {
  /**
   * An argument.
   *
   * @param parameter the constructor's parameter
   * @param accessor where its value is read
   */
  public record Argument(VariableElement parameter, Accessor accessor) {
    public String name() {
      return parameter.getSimpleName().toString();
    }
  }

  public boolean carries(String name) {
    return arguments.stream().anyMatch(argument -> argument.name().equals(name));
  }
}
