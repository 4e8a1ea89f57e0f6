package dev.bitfold.processor.reader;

import com.palantir.javapoet.ClassName;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.RecipeModel;
import dev.bitfold.processor.names.GeneratedNames;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.TypeElement;

/** Reads a user's recipe where it is declared. */
public final class RecipeReader {
  private final Language language;
  private final Recipes recipes;

  /** With the recipes that it may be composed of. */
  public RecipeReader(Language language, Recipes recipes) {
    this.language = language;
    this.recipes = recipes;
  }

  /** Reads an annotation type. */
  public Reading<RecipeModel> read(TypeElement recipe) {
    Problems problems = new Problems();
    Recipes.Content content = recipes.declared(recipe, problems);
    Map<Role, QuantDescriptor> descriptors = new EnumMap<>(Role.class);
    for (QuantizerUse quantizer : content.quantizers().values()) {
      quantizer.descriptor().ifPresent(d -> descriptors.put(quantizer.role(), d));
    }
    RecipeModel model =
        new RecipeModel(
            SubjectReader.read(
                language, recipe, GeneratedNames.recipe(ClassName.get(recipe)), List.of()),
            descriptors,
            Recipes.alpha(content.smoothQuant(), new Problems()));
    return new Reading<>(Optional.of(model), problems);
  }
}
