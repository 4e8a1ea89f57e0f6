package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.descriptor.DescriptorCode;
import dev.bitfold.processor.model.RecipeModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.source.Literals;
import javax.lang.model.element.Modifier;

/** Writes a user's recipe as a value. */
public final class RecipeGenerator {
  private RecipeGenerator() {}

  /** Returns the file of the class that holds the value. */
  public static JavaFile generate(RecipeModel recipe) {
    CodeBlock.Builder value =
        CodeBlock.builder()
            .add(
                "$T.of($L)",
                BitfoldNames.RECIPE,
                Literals.of(recipe.subject().type().simpleName()));
    recipe
        .descriptors()
        .forEach(
            (role, descriptor) ->
                value.add(
                    ".with($T.$L, $L)",
                    BitfoldNames.ROLE,
                    role.name(),
                    DescriptorCode.of(descriptor)));
    value.add(AlphaCode.call("withSmoothQuant", recipe.alpha()));
    TypeSpec type =
        GeneratedType.builder(recipe.subject())
            .addJavadoc(
                "The recipe {@link $T} as a value, for {@code plan.using}.\n",
                recipe.subject().type())
            .addField(
                FieldSpec.builder(
                        BitfoldNames.RECIPE,
                        "RECIPE",
                        Modifier.PUBLIC,
                        Modifier.STATIC,
                        Modifier.FINAL)
                    .addJavadoc("The descriptors that the annotation carries.\n")
                    .initializer(value.build())
                    .build())
            .addMethod(MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build())
            .build();
    return GeneratedType.file(recipe.subject(), type);
  }
}
