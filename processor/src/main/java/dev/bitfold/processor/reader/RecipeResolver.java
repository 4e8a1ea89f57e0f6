package dev.bitfold.processor.reader;

import com.palantir.javapoet.ClassName;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.RecipeModel;
import dev.bitfold.processor.names.GeneratedNames;
import java.util.EnumMap;
import java.util.Map;

/** Turns a declared recipe into the model that code is generated from. */
public final class RecipeResolver {
  private final Language language;

  /** Makes a resolver for the language that the recipe is declared in. */
  public RecipeResolver(Language language) {
    this.language = language;
  }

  /** Returns the recipe. Invalid parts of its annotations are left out. */
  public RecipeModel resolve(DeclaredRecipe recipe) {
    Map<Role, QuantDescriptor> descriptors = new EnumMap<>(Role.class);
    recipe
        .byRole()
        .forEach((role, use) -> use.descriptor().ifPresent(d -> descriptors.put(role, d)));
    return new RecipeModel(
        SubjectReader.read(
            language,
            recipe.type(),
            GeneratedNames.recipe(ClassName.get(recipe.type())),
            new Mentions(language, recipe.type())),
        descriptors,
        Recipes.alpha(recipe.smoothQuant()));
  }
}
