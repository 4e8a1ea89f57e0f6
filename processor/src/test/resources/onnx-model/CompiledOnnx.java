package dev.bitfold.onnx.model;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.Recipe;
import java.nio.file.Path;

public abstract class CompiledOnnx {
  public static CompiledOnnx of(Class<?> declared, String resource, String hash) {
    throw new IllegalStateException();
  }

  public abstract CompiledOnnx using(Recipe recipe);

  public abstract CompiledOnnx nodes(Recipe recipe, String... patterns);

  public abstract CompiledOnnx skip(String... patterns);

  public abstract OnnxModelBuilder from();

  public abstract OnnxModelBuilder from(Path file);

  public abstract Plan<OnnxModel> plan(OnnxModel model);
}
