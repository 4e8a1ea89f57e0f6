package dev.bitfold.processor.generator;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.model.OnnxFileModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.names.OnnxNames;
import dev.bitfold.processor.source.Literals;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.lang.model.element.Modifier;

/** Writes the class that puts a batch together, with a method for each input of a file. */
final class FeedCode {
  private static final TypeName BATCH =
      ParameterizedTypeName.get(
          ClassName.get(Map.class), ClassName.get(String.class), BitfoldNames.TENSOR);

  private FeedCode() {}

  /** Returns a name of the file as it can stand in a comment. */
  static String plain(String name) {
    return name.replaceAll("[^\\w ./:,?\\[\\]-]", "_");
  }

  /** Returns the method that begins a batch. */
  static MethodSpec method(ClassName feed) {
    return MethodSpec.methodBuilder("feed")
        .addJavadoc("Begins a batch.\n")
        .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
        .returns(feed)
        .addStatement("return new $T()", feed)
        .build();
  }

  /** Returns the class of batches. */
  static TypeSpec type(ClassName feed, OnnxFileModel file) {
    TypeSpec.Builder type =
        TypeSpec.classBuilder(feed)
            .addModifiers(Modifier.PUBLIC, Modifier.STATIC, Modifier.FINAL)
            .addJavadoc(
                "A batch: an array for each input of the file. {@link $T} refuses a batch that lacks"
                    + " one, or has one of another type or shape. For one thread.\n",
                OnnxNames.MODEL)
            .addField(
                FieldSpec.builder(BATCH, "arrays", Modifier.PRIVATE, Modifier.FINAL)
                    .initializer("new $T<>()", LinkedHashMap.class)
                    .build())
            .addMethod(MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build());
    file.inputs().forEach(input -> type.addMethod(setter(feed, input)));
    return type.addMethod(
            MethodSpec.methodBuilder("batch")
                .addJavadoc("Returns the arrays by the names of their inputs.\n")
                .addModifiers(Modifier.PUBLIC)
                .returns(BATCH)
                .addStatement("return new $T<>(arrays)", LinkedHashMap.class)
                .build())
        .build();
  }

  private static MethodSpec setter(ClassName feed, OnnxFileModel.Input input) {
    String words = input.words().isEmpty() ? "" : ", " + plain(input.words());
    return MethodSpec.methodBuilder(input.method())
        .addJavadoc("Sets the input {@code $L}$L.\n", plain(input.name()), words)
        .addModifiers(Modifier.PUBLIC)
        .returns(feed)
        .addParameter(BitfoldNames.TENSOR, "values")
        .addStatement("arrays.put($L, values)", Literals.of(input.name()))
        .addStatement("return this")
        .build();
  }
}
