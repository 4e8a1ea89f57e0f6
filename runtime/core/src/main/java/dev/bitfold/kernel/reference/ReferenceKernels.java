package dev.bitfold.kernel.reference;

import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Computes each operation by its formula, one element at a time. Safe for concurrent use. */
public final class ReferenceKernels implements QuantKernels {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    Arrays.fill(out, 0, groups.count(), 0f);
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      out[g] = Math.max(out[g], Math.abs(x.at(i)));
    }
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    Arrays.fill(out, 0, groups.count(), 0f);
    for (int i = 0; i < groups.elements(); i++) {
      float value = x.at(i);
      if (!Float.isNaN(value)) {
        int g = groups.group(i);
        out[g] = Math.max(out[g], Math.min(Math.abs(value), Float.MAX_VALUE));
      }
    }
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    Arrays.fill(min, 0, groups.count(), Float.POSITIVE_INFINITY);
    Arrays.fill(max, 0, groups.count(), Float.NEGATIVE_INFINITY);
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      min[g] = Math.min(min[g], x.at(i));
      max[g] = Math.max(max[g], x.at(i));
    }
  }

  @Override
  public void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    GridRounding rounding = GridRounding.of(grid);
    for (int i = 0; i < groups.elements(); i++) {
      int g = groups.group(i);
      float q = code(x.at(i), g, rounding, scales) - zeroPoint(scales, g);
      float back = scales.backward()[g];
      out.put(i, scales.dividesBack() ? q / back : q * back);
    }
  }

  @Override
  public void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    GridRounding rounding = GridRounding.of(grid);
    for (int i = 0; i < groups.elements(); i++) {
      out.put(i, code(x.at(i), groups.group(i), rounding, scales));
    }
  }

  private static float zeroPoint(Scales scales, int g) {
    return scales.affine() ? scales.zeroPoint()[g] : 0f;
  }

  private static float code(float x, int g, GridRounding rounding, Scales scales) {
    float forward = scales.forward()[g];
    float t = scales.divides() ? x / forward : x * forward;
    return rounding.round(t, zeroPoint(scales, g));
  }
}
