package dev.bitfold.kernel;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Holds the input of a kernel: the elements of a dense c-ordered tensor from the buffer's index 0,
 * multiplied by the pre-quant scale if there is one. A kernel does not change the buffer's position
 * or limit.
 *
 * @param values the elements
 * @param preQuantScale the pre-quant scale, or null
 */
public record Source(FloatBuffer values, @Nullable PreQuantScale preQuantScale) {
  /** Returns elements without a pre-quant scale. */
  public static Source of(FloatBuffer values) {
    return new Source(values, null);
  }

  /** Returns one element, multiplied by its factor. */
  public float at(int i) {
    float value = values.get(i);
    return preQuantScale == null
        ? value
        : value * preQuantScale.factors()[preQuantScale.groups().group(i)];
  }
}
