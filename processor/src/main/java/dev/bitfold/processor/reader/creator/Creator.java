package dev.bitfold.processor.reader.creator;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.Accessor;
import dev.bitfold.processor.reader.Mentions;
import dev.bitfold.processor.reader.TypeText;
import java.util.List;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/**
 * Describes the constructor that rebuilds a class.
 *
 * @param constructor the constructor
 * @param arguments its arguments
 */
public record Creator(ExecutableElement constructor, List<Argument> arguments) {
  /**
   * Describes an argument.
   *
   * @param name the name of the value
   * @param parameter the constructor's parameter
   * @param accessor how its value is read
   */
  public record Argument(String name, VariableElement parameter, Accessor accessor) {}

  /** Returns whether a parameter has this name. */
  public boolean carries(String name) {
    return arguments.stream().anyMatch(argument -> argument.name().equals(name));
  }

  /** Adds the constructor and its arguments to what generated code names. */
  public void mention(Mentions mentions, Members members) {
    mentions.member(constructor);
    for (Argument argument : arguments) {
      members
          .element(argument.accessor())
          .ifPresent(
              accessed -> {
                mentions.member(accessed);
                mentions.argument(members.type(accessed), argument.parameter().asType());
              });
    }
  }

  /** Returns {@code Linear(INDArray, int)}. */
  public String signature() {
    return TypeText.signature(Language.owner(constructor), constructor);
  }
}
