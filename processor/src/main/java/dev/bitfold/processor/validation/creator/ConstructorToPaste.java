package dev.bitfold.processor.validation.creator;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.Elements;

/**
 * Writes a constructor that a class lacks. It takes the value of each field, so that the class can
 * be rebuilt.
 */
final class ConstructorToPaste {
  private final Language language;
  private final TypeElement type;
  private final Members members;

  ConstructorToPaste(Language language, TypeElement type) {
    this.language = language;
    this.type = type;
    this.members = new Members(language, type);
  }

  /** Returns a constructor that takes the fields without an initializer. */
  String text() {
    return text(Set.of());
  }

  /**
   * Returns the constructor, and the accessors that are needed to read its arguments.
   *
   * @param needed fields that it takes in any case
   */
  String text(Set<String> needed) {
    List<VariableElement> fields =
        members.fields().stream()
            .filter(field -> Language.owner(field).equals(type))
            .filter(
                field ->
                    needed.contains(field.getSimpleName().toString())
                        || !language.bodies().isInitialized(field))
            .toList();
    List<? extends VariableElement> inherited = superParameters();
    List<VariableElement> parameters = new ArrayList<>(inherited);
    parameters.addAll(fields);
    StringBuilder text = new StringBuilder();
    if (members.constructors().stream().anyMatch(this::isImplicit)) {
      text.append(type.getSimpleName()).append("() {} "); // It goes when there is another.
    }
    if (!members.constructors().isEmpty()) {
      text.append("@QuantizeCreator ");
    }
    text.append(type.getSimpleName())
        .append(
            parameters.stream()
                .map(p -> TypeText.of(p.asType()) + " " + p.getSimpleName())
                .collect(Collectors.joining(", ", "(", ") {")));
    if (!inherited.isEmpty()) {
      text.append(
          inherited.stream()
              .map(VariableElement::getSimpleName)
              .collect(Collectors.joining(", ", " super(", ");")));
    }
    for (VariableElement field : fields) {
      text.append(" this.%1$s = %1$s;".formatted(field.getSimpleName()));
    }
    text.append(" }");
    fields.stream()
        .filter(field -> members.readable(field.getSimpleName().toString()).isEmpty())
        .forEach(
            field ->
                text.append(
                    " %1$s %2$s() { return %2$s; }"
                        .formatted(TypeText.of(field.asType()), field.getSimpleName())));
    return text.toString();
  }

  private boolean isImplicit(ExecutableElement constructor) {
    return language.elements().getOrigin(constructor) == Elements.Origin.MANDATED;
  }

  /** Returns the parameters of the longest constructor that a subclass can call. */
  private List<? extends VariableElement> superParameters() {
    return Language.declared(type.getSuperclass())
        .filter(parent -> !language.isPlatform(parent))
        .flatMap(
            parent ->
                new Members(language, parent)
                    .constructors().stream()
                        .max(Comparator.comparingInt(c -> c.getParameters().size())))
        .<List<? extends VariableElement>>map(ExecutableElement::getParameters)
        .orElse(List.of());
  }
}
