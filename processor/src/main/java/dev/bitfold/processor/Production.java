package dev.bitfold.processor;

import com.palantir.javapoet.JavaFile;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.generator.LayerGenerator;
import dev.bitfold.processor.generator.ModelGenerator;
import dev.bitfold.processor.generator.OnnxGenerator;
import dev.bitfold.processor.generator.RecipeGenerator;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.model.RecipeModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.onnx.OnnxFiles;
import dev.bitfold.processor.reader.DeclaredRecipe;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.RecipeResolver;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.Layers;
import dev.bitfold.processor.reader.model.DeclaredModel;
import dev.bitfold.processor.reader.model.ModelReader;
import dev.bitfold.processor.reader.model.ModelResolver;
import dev.bitfold.processor.reader.model.ModelScope;
import dev.bitfold.processor.reader.onnx.DeclaredOnnx;
import dev.bitfold.processor.reader.onnx.OnnxReader;
import dev.bitfold.processor.reader.onnx.OnnxResolver;
import dev.bitfold.processor.validation.Validator;
import java.util.Optional;
import java.util.function.Supplier;
import javax.lang.model.element.TypeElement;

/** Takes a class from reading to the file that is generated for it. */
final class Production {
  /**
   * Describes the file that is generated for a class.
   *
   * @param subject the class
   * @param file writes the file, once nothing is wrong with the class
   */
  record Product(Subject subject, Supplier<JavaFile> file) {}

  private final Language language;
  private final ModelScope scope;
  private final Validator validator;
  private final OnnxFiles files;

  private Production(Language language, ModelScope scope, Validator validator, OnnxFiles files) {
    this.language = language;
    this.scope = scope;
    this.validator = validator;
    this.files = files;
  }

  /** Makes the production of a round. */
  static Production of(Language language, SourceTypes sources, OnnxFiles files) {
    ModelScope scope = ModelScope.outermost(language, sources, new Layers(language));
    return new Production(language, scope, new Validator(scope, sources), files);
  }

  /** Returns the production in which the class of a mix-in has the annotations of the mix-in. */
  Production with(MixIn mixIn) {
    return new Production(language, scope.with(mixIn), validator, files);
  }

  /** Returns the checks of a round. */
  Validator validator() {
    return validator;
  }

  /** Reads a recipe. */
  Optional<Product> recipe(TypeElement type, Problems problems) {
    DeclaredRecipe recipe = new Recipes(language).declared(type);
    RecipeModel model = new RecipeResolver(language).resolve(recipe);
    validator.checkRecipe(recipe, problems);
    return Optional.of(new Product(model.subject(), () -> RecipeGenerator.generate(model)));
  }

  /** Reads an interface that stands for an ONNX file. */
  Optional<Product> onnx(TypeElement type, Problems problems) {
    Reading<DeclaredOnnx> reading = new OnnxReader(language, files).read(type);
    problems.addAll(reading.problems());
    validator.checkOnnx(type, reading, problems);
    return reading
        .model()
        .filter(declared -> problems.isEmpty())
        .map(declared -> new OnnxResolver(language).resolve(declared))
        .map(file -> new Product(file.subject(), () -> OnnxGenerator.generate(file)));
  }

  /** Reads a model class. */
  Optional<Product> model(TypeElement type, Problems problems) {
    ModelScope inside = scope.into(type);
    Reading<DeclaredModel> reading = new ModelReader(inside).read(type);
    problems.addAll(reading.problems());
    validator.checkModel(inside, type, reading, problems);
    Optional<ModelModel> model =
        reading.model().flatMap(new ModelResolver(inside.language())::resolve);
    return model.map(m -> new Product(m.subject(), () -> ModelGenerator.generate(m)));
  }

  /** Reads a layer class. */
  Optional<Product> layer(TypeElement type, Problems problems) {
    Reading<DeclaredLayer> reading = scope.layers().read(type);
    Optional<LayerModel> layer = scope.layers().resolve(type);
    problems.addAll(reading.problems());
    validator.checkLayer(scope.into(type), type, reading, layer, problems);
    return layer.map(l -> new Product(l.subject(), () -> LayerGenerator.generate(l)));
  }
}
