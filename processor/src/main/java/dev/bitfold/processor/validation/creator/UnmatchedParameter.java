package dev.bitfold.processor.validation.creator;

import com.palantir.javapoet.ClassName;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;

/**
 * Describes a constructor's parameter whose value cannot be read, and writes the line that would
 * make it readable.
 */
final class UnmatchedParameter {
  private final Language language;
  private final TypeElement type;
  private final Members members;
  private final VariableElement parameter;
  private final String name;
  private final String parameterType;

  UnmatchedParameter(
      Language language, TypeElement type, Members members, VariableElement parameter) {
    this.language = language;
    this.type = type;
    this.members = members;
    this.parameter = parameter;
    this.name = language.name(parameter);
    this.parameterType = TypeText.of(parameter.asType());
  }

  void report(Problems problems) {
    List<Members.Value> readable = members.readable(name);
    Optional<VariableElement> field = members.field(name);
    if (!readable.isEmpty()) {
      Members.Value other = readable.get(0);
      boolean taken = other.accessor().method() && other.accessor().name().equals(name);
      problems.add(
          ProblemId.PARAMETER_TYPE,
          Place.at(parameter),
          type.getSimpleName(),
          name,
          parameterType,
          other.accessor().code(),
          TypeText.of(other.type()),
          taken
              ? "give both the same type"
              : "give both the same type, or add: "
                  + paste("", converted(other.accessor().code(), other.type())));
    } else {
      problems.add(
          ProblemId.PARAMETER_NAME,
          Place.at(parameter),
          type.getSimpleName(),
          name,
          language.mixIn().isPresent() && language.annotated(parameter).equals(parameter)
              ? named(language.mixIn().get())
              : field.map(this::hidden).orElseGet(this::unknown));
    }
  }

  /** Returns the constructor for a mix-in, which names the parameters that a jar may not name. */
  private String named(MixIn mixIn) {
    ExecutableElement constructor =
        (ExecutableElement) Objects.requireNonNull(parameter.getEnclosingElement());
    return "name its parameters after what can be read ("
        + String.join(", ", members.readableNames())
        + "): declare "
        + mixIn.type().getSimpleName()
        + " as an abstract class, and add: "
        + mixIn.type().getSimpleName()
        + constructor.getParameters().stream()
            .map(p -> TypeText.of(p.asType()) + " " + p.getSimpleName())
            .collect(Collectors.joining(", ", "(", ") {}"));
  }

  /** Returns the advice for a field of that name that generated code cannot read. */
  private String hidden(VariableElement field) {
    TypeElement owner = Language.owner(field);
    boolean elsewhere = !language.packageOf(owner).equals(language.packageOf(type));
    TypeMirror fieldType = language.memberType(type, field);
    String what;
    if (field.getModifiers().contains(Modifier.PRIVATE)) {
      what = "is private";
    } else {
      boolean isProtected = field.getModifiers().contains(Modifier.PROTECTED);
      what = "is " + (isProtected ? "protected" : "package-private");
      what += " in " + owner + ", in another package";
    }
    if (!language.types().isAssignable(fieldType, parameter.asType())) {
      what += ", and of type " + TypeText.of(fieldType);
    }
    boolean inherited = field.getModifiers().contains(Modifier.PROTECTED) || owner.equals(type);
    return "the field "
        + what
        + "; add"
        + (inherited ? "" : " to " + owner.getSimpleName())
        + ": "
        + paste(elsewhere && !inherited ? "public " : "", converted(name, fieldType));
  }

  /** Returns the advice if there is no field of that name. */
  private String unknown() {
    boolean scale =
        AnnotationUse.find(language.annotated(parameter), BitfoldNames.SCALE_OF).isPresent();
    List<String> fitting =
        scale
            ? List.of() // No tensor holds the scale of another.
            : members.readableNames().stream().filter(n -> fitting(n).isPresent()).toList();
    Optional<Members.Value> near = NearestName.to(name, fitting).flatMap(this::fitting);
    Optional<VariableElement> field = hiddenField();
    if (near.isEmpty() && field.isPresent()) {
      String other = field.get().getSimpleName().toString();
      return "rename the parameter to " + other + ", and add: " + paste("", other, other);
    }
    if (scale) {
      return "keep the scale in a field " + name + " that is not private";
    }
    return NearestName.suggestion(name, fitting)
        + "rename the parameter, or add: "
        + paste("", near.map(v -> v.accessor().code()).orElse("…"));
  }

  /** Returns a way to read a value by name, if it fits the parameter. */
  private Optional<Members.Value> fitting(String readable) {
    return members.readable(readable).stream()
        .filter(v -> language.types().isAssignable(v.type(), parameter.asType()))
        .findFirst();
  }

  /**
   * Returns the field that must hold the value, because no other field without a parameter of its
   * name fits.
   */
  private Optional<VariableElement> hiddenField() {
    List<String> parameters =
        ((ExecutableElement) Objects.requireNonNull(parameter.getEnclosingElement()))
            .getParameters().stream().map(p -> p.getSimpleName().toString()).toList();
    List<VariableElement> fields =
        members.fields().stream()
            .filter(f -> Language.owner(f).equals(type))
            .filter(f -> !parameters.contains(f.getSimpleName().toString()))
            .filter(f -> members.readable(f.getSimpleName().toString()).isEmpty())
            .filter(f -> language.types().isAssignable(f.asType(), parameter.asType()))
            .toList();
    return fields.size() == 1 ? Optional.of(fields.get(0)) : Optional.empty();
  }

  private String paste(String access, String value) {
    return paste(access, name, value);
  }

  private String paste(String access, String accessor, String value) {
    return access + parameterType + " " + accessor + "() { return " + value + "; }";
  }

  /** Returns an expression that converts a value to the parameter's type. */
  private String converted(String value, TypeMirror from) {
    TypeMirror to = parameter.asType();
    if (language.types().isAssignable(from, to)) {
      return value;
    }
    Optional<TypeMirror> inList = element(to);
    if (from instanceof ArrayType array
        && inList
            .filter(e -> language.types().isSameType(e, array.getComponentType()))
            .isPresent()) {
      return "List.of(" + value + ")";
    }
    Optional<TypeMirror> listed = element(from);
    if (to instanceof ArrayType array
        && array.getComponentType().getKind() == TypeKind.DECLARED
        && listed
            .filter(e -> language.types().isSameType(e, array.getComponentType()))
            .isPresent()) {
      return value + ".toArray(new " + TypeText.of(array.getComponentType()) + "[0])";
    }
    return "…";
  }

  /** Returns the element type of a list. */
  private static Optional<TypeMirror> element(TypeMirror type) {
    return Language.is(type, ClassName.get(List.class))
        ? ((DeclaredType) type).getTypeArguments().stream().findFirst().map(TypeMirror.class::cast)
        : Optional.empty();
  }
}
