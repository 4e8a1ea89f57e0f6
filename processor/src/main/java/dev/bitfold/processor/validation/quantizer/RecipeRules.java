package dev.bitfold.processor.validation.quantizer;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.reader.DeclaredRecipe;
import dev.bitfold.processor.reader.RecipeUse;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Checks a recipe where it is declared, and the classes and members where it is used. */
public final class RecipeRules {
  private final SourceTypes sources;

  /** Makes the rules. Recipes that are being compiled are checked where they are declared. */
  public RecipeRules(SourceTypes sources) {
    this.sources = sources;
  }

  /** Reports what is wrong with an annotation type. */
  public void check(DeclaredRecipe recipe, Problems problems) {
    String name = recipe.label();
    checkAll(recipe.quantizers(), name, problems);
    recipe.ownSmoothQuant().ifPresent(use -> checkAlpha(use, problems));
    checkOnlyOne(recipe.carried(), name, problems);
    if (!recipe.cycle().isEmpty()) {
      problems.add(
          ProblemId.RECIPE_CYCLE,
          recipe.carried().get(0).place(),
          name,
          String.join(" carries ", recipe.cycle()));
    }
  }

  /** Reports what is wrong with a recipe of a class file, in the place where it is used. */
  public void checkUse(RecipeUse used, Problems problems) {
    if (!sources.contains(used.recipe().type())) {
      Problems own = new Problems();
      check(used.recipe(), own);
      own.list().forEach(problem -> problems.add(problem.at(used.use().place())));
    }
  }

  /** Reports what is wrong with the {@code @Quantize}s of a class or recipe. */
  public static void checkAll(List<QuantizerUse> quantizers, String name, Problems problems) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (QuantizerUse quantizer : quantizers) {
      QuantizerRules.check(quantizer, name, problems);
      if (!roles.add(quantizer.role())) {
        problems.add(ProblemId.ROLE_TWICE, quantizer.place("role"), name, quantizer.role());
      }
    }
  }

  /** Reports a second recipe. */
  public static void checkOnlyOne(List<AnnotationUse> recipes, String name, Problems problems) {
    if (recipes.size() > 1) {
      AnnotationUse second = recipes.get(1);
      problems.add(
          ProblemId.TWO_RECIPES, second.place(), name, recipes.get(0).label(), second.label());
    }
  }

  /** Reports an alpha that is not a migration strength. */
  public static void checkAlpha(AnnotationUse smoothQuant, Problems problems) {
    double alpha = smoothQuant.value("alpha").map(AnnotationValues::number).orElse(Double.NaN);
    if (!Double.isNaN(alpha) && !(alpha >= 0 && alpha <= 1)) {
      problems.add(ProblemId.SMOOTH_ALPHA, smoothQuant.place("alpha"), alpha);
    }
  }
}
