package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.source.Literals;
import java.io.IOException;
import java.nio.file.Path;
import javax.lang.model.element.Modifier;

/** Writes the quantizer of a model class. */
public final class ModelGenerator {
  private static final String COMPONENT = "COMPONENT";

  private final ModelModel model;
  private final Subject subject;
  private final TypeName componentType;
  private final ComponentConstants constants = new ComponentConstants(COMPONENT);

  private ModelGenerator(ModelModel model) {
    this.model = model;
    this.subject = model.subject();
    this.componentType = ParameterizedTypeName.get(BitfoldNames.COMPONENT, subject.self());
  }

  /** Returns the quantizer's file. */
  public static JavaFile generate(ModelModel model) {
    return GeneratedType.file(model.subject(), new ModelGenerator(model).type());
  }

  private TypeSpec type() {
    TypeSpec.Builder type =
        GeneratedType.builder(subject).addJavadoc("Quantizes {@link $T}.\n", subject.type());
    MethodSpec rebuild = rebuild();
    constants.addTo(type);
    if (!subject.isGeneric()) {
      type.addField(
          FieldSpec.builder(
                  componentType, COMPONENT, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
              .initializer(newComponent())
              .build());
    }
    return type.addMethod(MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build())
        .addMethod(of())
        .addMethod(load())
        .addMethod(component())
        .addMethod(rebuild)
        .build();
  }

  private MethodSpec of() {
    return MethodSpec.methodBuilder("of")
        .addJavadoc(
            "Returns the plan that the annotations describe, before any data has been seen.\n\n")
        .addJavadoc("@param model the float model, which is never changed\n")
        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(ParameterizedTypeName.get(BitfoldNames.PLAN, subject.self()))
        .addParameter(subject.self(), "model")
        .addStatement("return $T.of(model, component())", BitfoldNames.PLAN)
        .build();
  }

  private MethodSpec load() {
    return MethodSpec.methodBuilder("load")
        .addJavadoc(
            "Returns the quantized model of a file that {@link $T#save} wrote.\n\n",
            BitfoldNames.QUANTIZED)
        .addJavadoc("@param model the float model, as it was when the file was saved\n")
        .addJavadoc(
            "@throws $T if the file is not of this model, or cannot be read\n", IOException.class)
        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(ParameterizedTypeName.get(BitfoldNames.QUANTIZED, subject.self()))
        .addParameter(subject.self(), "model")
        .addParameter(Path.class, "file")
        .addException(IOException.class)
        .addStatement("return $T.load(model, component(), file)", BitfoldNames.QUANTIZED)
        .build();
  }

  private MethodSpec component() {
    return MethodSpec.methodBuilder("component")
        .addJavadoc(
            "Returns how a model is rebuilt. Generated code of models that contain this one calls"
                + " it.\n")
        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(componentType)
        .addStatement("return $L", subject.isGeneric() ? newComponent() : CodeBlock.of(COMPONENT))
        .build();
  }

  private CodeBlock newComponent() {
    CodeBlock witness =
        subject.isGeneric() ? CodeBlock.of("<$T>", subject.self()) : CodeBlock.of("");
    return CodeBlock.of(
        "$T.$Lmodel($T.class, $T::rebuild)",
        BitfoldNames.COMPONENT,
        witness,
        subject.type(),
        subject.generated());
  }

  private MethodSpec rebuild() {
    CodeBlock construct =
        CodeBlock.builder()
            .addStatement(
                "return new $T($L)",
                subject.self(),
                model.arguments().stream().map(this::argument).collect(CodeBlock.joining(", ")))
            .build();
    return MethodSpec.methodBuilder("rebuild")
        .addModifiers(Modifier.PRIVATE, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(subject.self())
        .addParameter(subject.self(), "model")
        .addParameter(BitfoldNames.WALK, "walk")
        .addCode(folds())
        .addCode(
            model.constructorThrows().isEmpty()
                ? construct
                : Calls.uncheckedReturn(construct, subject.type().simpleName()))
        .build();
  }

  private CodeBlock folds() {
    CodeBlock.Builder code = CodeBlock.builder();
    for (ModelModel.Fold fold : model.folds()) {
      code.addStatement(
          "walk.smoothInto($L, $L)",
          Literals.of(fold.source()),
          fold.consumers().stream().map(Literals::of).collect(CodeBlock.joining(", ")));
    }
    return code.build();
  }

  private CodeBlock argument(ModelModel.ComponentArgument argument) {
    CodeBlock value = CodeBlock.of("model.$L", argument.accessor().code());
    CodeBlock name = Literals.of(argument.name());
    if (argument.component().isRebuilt()) {
      return CodeBlock.of("walk.visit($L, $L, $L)", name, value, constants.reference(argument));
    }
    return argument.component() instanceof ComponentModel.Skipped
        ? CodeBlock.of("walk.skip($L, $L)", name, value)
        : value;
  }
}
