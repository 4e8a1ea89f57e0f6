package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.DescriptorCode;
import dev.bitfold.processor.model.ArgumentModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.model.TensorModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.source.Literals;
import java.util.Optional;
import javax.lang.model.element.Modifier;

/**
 * Writes the {@code type()} of a wrapper, which describes the layer's tensors and how the layer is
 * rebuilt.
 */
final class LayerTypeCode {
  private final LayerModel layer;
  private final Subject subject;
  private final TypeName built;
  private final CodeBlock constructor;

  /**
   * Makes the code for a layer.
   *
   * @param built the type that is built
   * @param constructor a method reference that builds it from a layer and hooks
   */
  LayerTypeCode(LayerModel layer, TypeName built, CodeBlock constructor) {
    this.layer = layer;
    this.subject = layer.subject();
    this.built = built;
    this.constructor = constructor;
  }

  /** Adds the constant, unless the class is generic, and the method. */
  void addConstant(TypeSpec.Builder wrapper) {
    if (!subject.isGeneric()) {
      wrapper.addField(
          FieldSpec.builder(layerType(), "TYPE", Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
              .initializer(description())
              .build());
    }
  }

  /** Adds the method. */
  void addMethod(TypeSpec.Builder wrapper) {
    wrapper.addMethod(
        MethodSpec.methodBuilder("type")
            .addJavadoc(
                "Returns the layer's tensors and how to rebuild it, for the generated code of"
                    + " models.\n")
            .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
            .addTypeVariables(subject.typeVariables())
            .returns(layerType())
            .addCode(
                subject.isGeneric()
                    ? CodeBlock.of("return $L;\n", description())
                    : CodeBlock.of("return TYPE;\n"))
            .build());
  }

  private TypeName layerType() {
    return ParameterizedTypeName.get(BitfoldNames.LAYER_TYPE, subject.self(), built);
  }

  private CodeBlock description() {
    CodeBlock.Builder code = CodeBlock.builder();
    String builder = layer.variables() ? "graphBuilder" : "builder";
    if (subject.isGeneric()) {
      code.add(
          "$T.<$T, $T>$L($T.class, $L)",
          BitfoldNames.LAYER_TYPE,
          subject.self(),
          built,
          builder,
          subject.type(),
          constructor);
    } else {
      code.add(
          "$T.$L($T.class, $L)", BitfoldNames.LAYER_TYPE, builder, subject.type(), constructor);
    }
    layer.tensors().forEach(tensor -> code.add(tensor(tensor)));
    layer.arguments().stream()
        .filter(ArgumentModel::several)
        .forEach(
            held ->
                code.add(
                    ".several($L, layer -> layer.$L)",
                    Literals.of(held.name()),
                    held.accessor().code()));
    if (!(layer.shape() instanceof LayerShape.Rebuilt)) {
      layer.inputs().forEach(tensor -> code.add(tensor(tensor)));
    }
    layer.output().ifPresent(d -> code.add(".output($L)", DescriptorCode.of(d)));
    code.add(AlphaCode.call("smoothQuant", layer.alpha()));
    if (layer.unpacksWeights()) {
      code.add(".unpackingWeights()");
    }
    if (layer.backward().isPresent()) {
      code.add(".withBackward()");
    }
    return code.add(".build()").build();
  }

  private static CodeBlock tensor(TensorModel tensor) {
    Optional<QuantDescriptor> descriptor = tensor.descriptor();
    CodeBlock.Builder code =
        CodeBlock.builder()
            .add(
                ".$L($L, $S",
                method(tensor.kind()),
                Literals.of(tensor.name()),
                TensorWords.ascii(tensor.layout().letters()));
    descriptor.ifPresent(d -> code.add(", $L", DescriptorCode.of(d)));
    code.add(")");
    if (tensor.codes()) {
      code.add(".codes($L)", Literals.of(tensor.name()));
    }
    return code.build();
  }

  private static String method(TensorKind kind) {
    return switch (kind) {
      case WEIGHT -> "weight";
      case BIAS -> "bias";
      case INPUT -> "input";
    };
  }
}
