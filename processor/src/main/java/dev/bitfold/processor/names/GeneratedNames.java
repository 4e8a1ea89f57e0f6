package dev.bitfold.processor.names;

import com.palantir.javapoet.ClassName;

/**
 * What generated classes are called. They are top-level classes in the package of the class they
 * are made for; a nested class {@code Outer.Inner} gives {@code QuantizedOuter_Inner}.
 */
public final class GeneratedNames {
  private static final String WRAPPER_PREFIX = "Quantized";

  private GeneratedNames() {}

  /** The wrapper of a layer class. */
  public static ClassName wrapper(ClassName layer) {
    return ClassName.get(layer.packageName(), WRAPPER_PREFIX + flat(layer));
  }

  /** The quantizer of a model class. */
  public static ClassName quantizer(ClassName model) {
    return ClassName.get(model.packageName(), flat(model) + "Quantizer");
  }

  /** The holder of a recipe's value. */
  public static ClassName recipe(ClassName recipe) {
    return ClassName.get(recipe.packageName(), flat(recipe) + "Recipe");
  }

  private static String flat(ClassName type) {
    return String.join("_", type.simpleNames());
  }
}
