package dev.bitfold.processor.generator;

import com.palantir.javapoet.AnnotationSpec;
import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import com.palantir.javapoet.TypeVariableName;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import javax.lang.model.element.Modifier;

/** Writes the wrapper of a layer class. */
public final class LayerGenerator {
  private final LayerModel layer;
  private final Subject subject;
  private final TypeName wrapper;
  private final String rebuild;

  private LayerGenerator(LayerModel layer) {
    this.layer = layer;
    this.subject = layer.subject();
    this.wrapper = parameterized(subject.generated());
    this.rebuild = subject.unusedMethodName("rebuild");
  }

  /** Returns the wrapper's file. */
  public static JavaFile generate(LayerModel layer) {
    LayerGenerator generator = new LayerGenerator(layer);
    TypeSpec.Builder type =
        GeneratedType.builder(layer.subject())
            .addAnnotation(
                AnnotationSpec.builder(BitfoldNames.GENERATED_LAYER)
                    .addMember("version", "$L", BitfoldNames.CONTRACT_VERSION)
                    .build());
    LayerShape shape = layer.shape();
    if (shape instanceof LayerShape.Subclass) {
      generator.subclass(type);
    } else if (shape instanceof LayerShape.Wrapper wrapping) {
      generator.wrapper(type, wrapping);
    } else {
      generator.rebuilt(type);
    }
    return GeneratedType.file(layer.subject(), type.build());
  }

  private TypeName parameterized(ClassName type) {
    return subject.isGeneric()
        ? ParameterizedTypeName.get(type, subject.typeVariables().toArray(new TypeVariableName[0]))
        : type;
  }

  private void subclass(TypeSpec.Builder type) {
    type.addJavadoc("Stands in for {@link $T} in a quantized model.\n", subject.type());
    type.addJavadoc(TensorWords.javadoc(layer));
    type.addTypeVariables(subject.typeVariables())
        .superclass(subject.self())
        .addSuperinterface(BitfoldNames.HOOKED_LAYER)
        .alwaysQualify(subject.nestedNames().toArray(new String[0]));
    LayerTypeCode layerType = new LayerTypeCode(layer, wrapper, builder());
    layerType.addConstant(type);
    type.addField(hooksField());
    type.addMethod(
        constructor()
            .addExceptions(layer.constructorThrows())
            .addStatement("super($L)", Calls.constructorArguments(layer))
            .addCode(Calls.checks(layer, "super"))
            .addStatement("this.hooks = hooks")
            .build());
    layerType.addMethod(type);
    addRebuildOfThrowing(type);
    layer.forward().ifPresent(forward -> forwardCode(forward).addToSubclass(type));
    layer
        .backward()
        .ifPresent(
            backward ->
                type.addMethod(BackwardCode.of(layer.forward().orElseThrow(), backward, "super")));
    type.addMethod(hooksMethod());
  }

  private void wrapper(TypeSpec.Builder type, LayerShape.Wrapper shape) {
    type.addJavadoc(
        "Stands in for {@link $T}, which is final, in a quantized model.\n", subject.type());
    type.addJavadoc(TensorWords.javadoc(layer));
    type.addTypeVariables(subject.typeVariables())
        .addSuperinterfaces(shape.interfaces())
        .addSuperinterface(BitfoldNames.HOOKED_LAYER);
    type.alwaysQualify(subject.nestedNames().toArray(new String[0]));
    LayerTypeCode layerType = new LayerTypeCode(layer, wrapper, builder());
    layerType.addConstant(type);
    type.addField(
        FieldSpec.builder(subject.self(), "layer", Modifier.PRIVATE, Modifier.FINAL).build());
    type.addField(hooksField());
    type.addMethod(
        constructor()
            .addExceptions(layer.constructorThrows())
            .addStatement(
                "this.layer = new $T($L)", subject.self(), Calls.constructorArguments(layer))
            .addCode(Calls.checks(layer, "this.layer"))
            .addStatement("this.hooks = hooks")
            .build());
    layerType.addMethod(type);
    addRebuildOfThrowing(type);
    layer.forward().ifPresent(forward -> forwardCode(forward).addToWrapper(type));
    layer
        .backward()
        .ifPresent(
            backward ->
                type.addMethod(
                    BackwardCode.of(
                        layer.forward().orElseThrow(),
                        backward,
                        Calls.field(backward.method(), "layer"))));
    shape.methods().forEach(method -> type.addMethod(Calls.delegated(method)));
    type.addMethod(hooksMethod());
  }

  private void rebuilt(TypeSpec.Builder type) {
    type.addJavadoc(
        "Rebuilds {@link $T} for a quantized model. At most its weights differ, so no wrapper is"
            + " needed.\n",
        subject.type());
    type.addJavadoc(TensorWords.javadoc(layer));
    LayerTypeCode layerType =
        new LayerTypeCode(
            layer, subject.self(), CodeBlock.of("$T::$L", subject.generated(), rebuild));
    layerType.addConstant(type);
    type.addMethod(MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build());
    layerType.addMethod(type);
    CodeBlock body =
        CodeBlock.builder()
            .addStatement(
                "$T rebuilt = new $T($L)",
                subject.self(),
                subject.self(),
                Calls.constructorArguments(layer))
            .add(Calls.checks(layer, "rebuilt"))
            .addStatement("return rebuilt")
            .build();
    type.addMethod(rebuildMethod(subject.self(), body));
  }

  private ForwardCode forwardCode(ForwardModel forward) {
    return new ForwardCode(
        layer,
        forward,
        wrapper,
        original ->
            throwsChecked()
                ? CodeBlock.of("$L($L, unpacked)", rebuild, original)
                : CodeBlock.of("new $T($L, unpacked)", wrapper, original));
  }

  private boolean throwsChecked() {
    return !layer.constructorThrows().isEmpty();
  }

  private CodeBlock builder() {
    return throwsChecked()
        ? CodeBlock.of("$T::$L", subject.generated(), rebuild)
        : CodeBlock.of("$T::new", wrapper);
  }

  private void addRebuildOfThrowing(TypeSpec.Builder type) {
    if (throwsChecked()) {
      CodeBlock construct =
          CodeBlock.builder().addStatement("return new $T(layer, hooks)", wrapper).build();
      type.addMethod(rebuildMethod(wrapper, construct));
    }
  }

  private MethodSpec rebuildMethod(TypeName built, CodeBlock body) {
    return MethodSpec.methodBuilder(rebuild)
        .addModifiers(Modifier.PRIVATE, Modifier.STATIC)
        .addTypeVariables(subject.typeVariables())
        .returns(built)
        .addParameter(Calls.layerParameter(layer))
        .addParameter(Calls.hooksParameter(layer))
        .addCode(throwsChecked() ? Calls.uncheckedReturn(body, subject.type().simpleName()) : body)
        .build();
  }

  private MethodSpec.Builder constructor() {
    return MethodSpec.constructorBuilder()
        .addModifiers(Modifier.PRIVATE)
        .addParameter(Calls.layerParameter(layer))
        .addParameter(Calls.hooksParameter(layer));
  }

  private FieldSpec hooksField() {
    return FieldSpec.builder(Calls.hooksType(layer), "hooks", Modifier.PRIVATE, Modifier.FINAL)
        .build();
  }

  private MethodSpec hooksMethod() {
    return MethodSpec.methodBuilder("bitfoldHooks")
        .addAnnotation(Override.class)
        .addModifiers(Modifier.PUBLIC)
        .returns(Calls.hooksType(layer))
        .addStatement("return hooks")
        .build();
  }
}
