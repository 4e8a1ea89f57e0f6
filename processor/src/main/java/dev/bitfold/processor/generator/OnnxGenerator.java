package dev.bitfold.processor.generator;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.descriptor.DescriptorCode;
import dev.bitfold.processor.model.OnnxFileModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.names.OnnxNames;
import dev.bitfold.processor.source.Literals;
import java.io.IOException;
import java.nio.file.Path;
import javax.lang.model.element.Modifier;

/** Writes the quantizer of an ONNX file. */
public final class OnnxGenerator {
  private static final String COMPILED = "COMPILED";
  private static final TypeName PLAN =
      ParameterizedTypeName.get(BitfoldNames.PLAN, OnnxNames.MODEL);
  private static final TypeName QUANTIZED =
      ParameterizedTypeName.get(BitfoldNames.QUANTIZED, OnnxNames.MODEL);

  private final OnnxFileModel file;
  private final Subject subject;

  private OnnxGenerator(OnnxFileModel file) {
    this.file = file;
    this.subject = file.subject();
  }

  /** Returns the quantizer's file. */
  public static JavaFile generate(OnnxFileModel file) {
    return GeneratedType.file(file.subject(), new OnnxGenerator(file).type());
  }

  private TypeSpec type() {
    ClassName feed = subject.generated().nestedClass("Feed");
    return GeneratedType.builder(subject)
        .addJavadoc(
            "Quantizes the ONNX file {@code $L} as {@link $T} describes.\n",
            FeedCode.plain(file.resource()),
            subject.type())
        .addField(
            FieldSpec.builder(
                    OnnxNames.COMPILED, COMPILED, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                .initializer(compiled())
                .build())
        .addMethod(MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build())
        .addMethod(open())
        .addMethod(from())
        .addMethod(fromFile())
        .addMethod(plan())
        .addMethod(load())
        .addMethod(export())
        .addMethod(FeedCode.method(feed))
        .addType(FeedCode.type(feed, file))
        .build();
  }

  private CodeBlock compiled() {
    CodeBlock.Builder code =
        CodeBlock.builder()
            .add(
                "$T.of($T.class, $L, $L)",
                OnnxNames.COMPILED,
                subject.type(),
                Literals.of(file.resource()),
                Literals.of(file.hash()));
    file.all().ifPresent(all -> code.add(".using($L)", recipe(all)));
    for (OnnxFileModel.Rule rule : file.rules()) {
      CodeBlock patterns =
          rule.patterns().stream().map(Literals::of).collect(CodeBlock.joining(", "));
      if (rule.quantizers().isPresent()) {
        code.add(".nodes($L, $L)", recipe(rule.quantizers().get()), patterns);
      } else {
        code.add(".skip($L)", patterns);
      }
    }
    return code.build();
  }

  private CodeBlock recipe(OnnxFileModel.Quantizers quantizers) {
    CodeBlock.Builder recipe =
        CodeBlock.builder()
            .add("$T.of($L)", BitfoldNames.RECIPE, Literals.of(subject.type().simpleName()));
    quantizers
        .descriptors()
        .forEach(
            (role, descriptor) ->
                recipe.add(
                    ".with($T.$L, $L)",
                    BitfoldNames.ROLE,
                    role.name(),
                    DescriptorCode.of(descriptor)));
    return recipe.add(AlphaCode.call("withSmoothQuant", quantizers.alpha())).build();
  }

  private static MethodSpec.Builder method(String name, TypeName result) {
    return MethodSpec.methodBuilder(name)
        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
        .returns(result);
  }

  private static MethodSpec open() {
    return method("open", OnnxNames.MODEL)
        .addJavadoc("Opens the file.\n\n")
        .addJavadoc(
            "@throws $T if its graph has changed since it was compiled, or as {@link $T#open}\n",
            OnnxNames.EXCEPTION,
            OnnxNames.BUILDER)
        .addJavadoc("@throws $T if it cannot be read\n", IOException.class)
        .addException(IOException.class)
        .addStatement("return from().open()")
        .build();
  }

  private static MethodSpec from() {
    return method("from", OnnxNames.BUILDER)
        .addJavadoc("Begins to open the file, such as with inputs that are bound.\n")
        .addStatement("return $L.from()", COMPILED)
        .build();
  }

  private static MethodSpec fromFile() {
    return method("from", OnnxNames.BUILDER)
        .addJavadoc(
            "Begins to open another file with the same graph, such as one with its weights in files"
                + " beside it.\n")
        .addParameter(Path.class, "file")
        .addStatement("return $L.from(file)", COMPILED)
        .build();
  }

  private static MethodSpec plan() {
    return method("plan", PLAN)
        .addJavadoc(
            "Returns the plan that the annotations describe, before any data has been seen.\n\n")
        .addJavadoc(
            "@throws $T if a {@code @Nodes} names no layer of the prepared file\n",
            OnnxNames.EXCEPTION)
        .addParameter(OnnxNames.MODEL, "model")
        .addStatement("return $L.plan(model)", COMPILED)
        .build();
  }

  private static MethodSpec load() {
    return method("load", QUANTIZED)
        .addJavadoc(
            "Returns the quantized model of a file that {@link $T#save} wrote.\n\n",
            BitfoldNames.QUANTIZED)
        .addJavadoc(
            "@throws $T if the file is not of this model, or cannot be read\n", IOException.class)
        .addException(IOException.class)
        .addParameter(OnnxNames.MODEL, "model")
        .addParameter(Path.class, "file")
        .addStatement("return model.load(file)")
        .build();
  }

  private static MethodSpec export() {
    return method("export", OnnxNames.EXPORTED)
        .addJavadoc(
            "Writes a quantized model as an ONNX file, and proves it, as {@link $T#export} does.\n\n",
            OnnxNames.MODEL)
        .addJavadoc("@throws $T if the proof fails\n", OnnxNames.EXCEPTION)
        .addJavadoc("@throws $T if it cannot be written\n", IOException.class)
        .addException(IOException.class)
        .addParameter(QUANTIZED, "quantized")
        .addParameter(Path.class, "out")
        .addStatement("return $T.export(quantized, out)", OnnxNames.MODEL)
        .build();
  }
}
