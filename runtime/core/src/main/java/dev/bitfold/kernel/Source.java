package dev.bitfold.kernel;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel reads: the elements of a dense c-ordered tensor from the buffer's index 0, times
 * the pre-scale if there is one. A kernel leaves position and limit alone.
 *
 * @param values the elements
 * @param preScale factors, or null
 */
public record Source(FloatBuffer values, @Nullable PreScale preScale) {
  /** Elements without a pre-scale. */
  public static Source of(FloatBuffer values) {
    return new Source(values, null);
  }

  /** One element, times its factor. */
  public float at(int i) {
    float value = values.get(i);
    return preScale == null ? value : value * preScale.factors()[preScale.groups().group(i)];
  }
}
