package dev.bitfold.processor.names;

import com.palantir.javapoet.ClassName;

/**
 * Names the generated classes. They are top-level classes in the package of the class that they are
 * generated for. A nested class {@code Outer.Inner} gives {@code QuantizedOuter_Inner}.
 */
public final class GeneratedNames {
  private static final String WRAPPER_PREFIX = "Quantized";

  private GeneratedNames() {}

  /** Returns the wrapper of a layer class. */
  public static ClassName wrapper(ClassName layer) {
    return ClassName.get(layer.packageName(), WRAPPER_PREFIX + flat(layer));
  }

  /** Returns the quantizer of a model class. */
  public static ClassName quantizer(ClassName model) {
    return ClassName.get(model.packageName(), flat(model) + "Quantizer");
  }

  /** Returns the class that holds a recipe's value. */
  public static ClassName recipe(ClassName recipe) {
    return ClassName.get(recipe.packageName(), flat(recipe) + "Recipe");
  }

  private static String flat(ClassName type) {
    return String.join("_", type.simpleNames());
  }
}
