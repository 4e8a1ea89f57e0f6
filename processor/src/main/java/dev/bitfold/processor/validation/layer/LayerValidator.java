package dev.bitfold.processor.validation.layer;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.creator.Creation;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.TensorDeclaration;
import dev.bitfold.processor.validation.creator.Carried;
import dev.bitfold.processor.validation.creator.CreatorRules;
import dev.bitfold.processor.validation.quantizer.RecipeRules;
import java.util.List;
import javax.lang.model.element.TypeElement;

/** Checks layer classes. */
public final class LayerValidator {
  private final Language language;
  private final Holdings holdings;
  private final RecipeRules recipes;
  private final LayerRules layers;
  private final SealedRules sealed;

  /** Makes a validator, which needs to distinguish layers from other classes. */
  public LayerValidator(Language language, Holdings holdings, RecipeRules recipes) {
    this.language = language;
    this.holdings = holdings;
    this.recipes = recipes;
    this.layers = new LayerRules(language);
    this.sealed = new SealedRules(language);
  }

  /**
   * Checks a layer.
   *
   * @param unread the problems found while reading it
   */
  public void check(DeclaredLayer declared, LayerModel layer, Problems unread, Problems problems) {
    TypeElement type = declared.type();
    Problems declarations = new Problems();
    new TensorRules(declared, declarations).check();
    if (!makesUnreadableTensors(declared)) {
      new CreatorRules(language, type, declared.creation(), carried(declared), declarations)
          .check();
    }
    new LayerQuantizerRules(declared, recipes, declarations).check();
    new CodesRules(declared, declarations).check();
    new ForwardRules(language, declared, declarations).check();
    new BackwardRules(language, declared, declarations).check();
    new ProductRules(language, declared, declarations).check();
    if (declarations.isEmpty()) {
      new NameRules(language, declared, declarations).check(layer); // Of what can be overridden.
    }
    problems.addAll(declarations);
    holdings
        .holdingField(type)
        .ifPresent(
            field ->
                problems.add(
                    ProblemId.LAYER_AND_MODEL,
                    Place.at(type),
                    type.getSimpleName(),
                    "it has tensors or quantizers of its own and holds other layers ("
                        + field.getSimpleName()
                        + ")"));
    sealed.checkLayer(type, layer, problems);
    layers.check(declared, layer, problems);
    if (unread.isEmpty() && declarations.isEmpty()) {
      layers.checkSmoothQuant(declared, problems); // It would repeat earlier problems.
    }
  }

  /**
   * Returns whether the constructor takes sizes, and all tensors are of types that were refused.
   * What it must carry shows when they are not.
   */
  private static boolean makesUnreadableTensors(DeclaredLayer layer) {
    return layer.creation() instanceof Creation.Unreadable
        && layer.tensors().isEmpty()
        && layer.unreadable().contains(Role.WEIGHT);
  }

  private static List<Carried> carried(DeclaredLayer layer) {
    return layer.tensors().stream()
        .map(
            tensor ->
                new Carried(
                    tensor.name(),
                    tensor.first().type(),
                    ProblemId.TENSOR_NOT_CARRIED,
                    tensor.place(),
                    "the @"
                        + TensorDeclaration.annotation(tensor.kind()).simpleName()
                        + " "
                        + tensor.name()))
        .toList();
  }

  /** Checks a wrapper that was generated in an earlier round. */
  public void checkWrapper(TypeElement type, Problems problems) {
    sealed.checkWrapper(type, problems);
  }
}
