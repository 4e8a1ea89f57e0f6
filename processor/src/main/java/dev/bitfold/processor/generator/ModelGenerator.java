package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.lang.model.element.Modifier;

/** Writes the quantizer of a model class. */
public final class ModelGenerator {
  private final ModelModel model;
  private final Subject subject;

  private ModelGenerator(ModelModel model) {
    this.model = model;
    this.subject = model.subject();
  }

  /** The quantizer's file. */
  public static JavaFile generate(ModelModel model) {
    ModelGenerator generator = new ModelGenerator(model);
    Subject subject = model.subject();
    TypeSpec type =
        GeneratedType.builder(subject)
            .addJavadoc("Quantizes {@link $T}.\n", subject.type())
            .addMethod(MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build())
            .addMethod(generator.of())
            .addMethod(generator.load())
            .addMethod(generator.component())
            .addMethod(generator.rebuild())
            .build();
    return GeneratedType.file(subject, type);
  }

  private MethodSpec of() {
    return MethodSpec.methodBuilder("of")
        .addJavadoc("How a model will be quantized; nothing is measured yet.\n\n")
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
            "The quantized model of a file that {@link $T#save} wrote.\n\n", BitfoldNames.QUANTIZED)
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
    CodeBlock witness =
        subject.isGeneric() ? CodeBlock.of("<$T>", subject.self()) : CodeBlock.of("");
    return MethodSpec.methodBuilder("component")
        .addJavadoc("How a model is rebuilt; for generated code of models that contain this one.\n")
        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(ParameterizedTypeName.get(BitfoldNames.COMPONENT, subject.self()))
        .addStatement(
            "return $T.$Lmodel($T.class, $T::rebuild)",
            BitfoldNames.COMPONENT,
            witness,
            subject.type(),
            subject.generated())
        .build();
  }

  private MethodSpec rebuild() {
    CodeBlock.Builder construct = CodeBlock.builder().add("return new $T($>$>", subject.self());
    Iterator<ModelModel.ComponentArgument> arguments = model.arguments().iterator();
    while (arguments.hasNext()) {
      construct.add("\n$L$L", argument(arguments.next()), arguments.hasNext() ? "," : "");
    }
    construct.add(");\n$<$<");
    return MethodSpec.methodBuilder("rebuild")
        .addModifiers(Modifier.PRIVATE, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(subject.self())
        .addParameter(subject.self(), "model")
        .addParameter(BitfoldNames.WALK, "walk")
        .addCode(folds())
        .addCode(
            model.constructorThrows().isEmpty()
                ? construct.build()
                : Calls.uncheckedReturn(construct.build(), subject.type().simpleName()))
        .build();
  }

  private CodeBlock folds() {
    CodeBlock.Builder code = CodeBlock.builder();
    for (ModelModel.Fold fold : model.folds()) {
      code.addStatement(
          "walk.smoothInto($S, $L)",
          fold.source(),
          fold.consumers().stream()
              .map(consumer -> CodeBlock.of("$S", consumer))
              .collect(CodeBlock.joining(", ")));
    }
    return code.build();
  }

  private static CodeBlock argument(ModelModel.ComponentArgument argument) {
    CodeBlock value = CodeBlock.of("model.$L", argument.accessor().code());
    if (argument.component().isRebuilt()) {
      return CodeBlock.of(
          "walk.visit($S, $L, $L)", argument.name(), value, ComponentCode.of(argument.component()));
    }
    return argument.component() instanceof ComponentModel.Skipped
        ? CodeBlock.of("walk.skip($S, $L)", argument.name(), value)
        : value;
  }
}
