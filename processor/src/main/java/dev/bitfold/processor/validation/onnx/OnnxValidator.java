package dev.bitfold.processor.validation.onnx;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.names.OnnxNames;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.onnx.DeclaredOnnx;
import dev.bitfold.processor.validation.quantizer.RecipeRules;
import javax.lang.model.element.TypeElement;

/** Checks an interface that stands for an ONNX file. */
public final class OnnxValidator {
  private final Language language;
  private final RecipeRules recipes;

  /** Makes the checks. */
  public OnnxValidator(Language language, RecipeRules recipes) {
    this.language = language;
    this.recipes = recipes;
  }

  /** Reports what is wrong with the interface, and with what it says of the file. */
  public void check(TypeElement type, Reading<DeclaredOnnx> reading, Problems problems) {
    InterfaceRules.check(type, problems);
    if (language.findFrom(type, OnnxNames.COMPILED.canonicalName()).isEmpty()) {
      problems.add(ProblemId.ONNX_RUNTIME_MISSING, Place.at(type), type.getSimpleName());
    }
    reading.model().ifPresent(declared -> check(declared, problems));
  }

  private void check(DeclaredOnnx declared, Problems problems) {
    if (FileRules.check(declared, problems)) {
      new OnnxQuantizerRules(declared, recipes, problems).check();
      new NodesRules(declared, problems).check();
    }
  }
}
