package dev.bitfold.calibration;

/** Converts ranges between the types in which they are kept and returned. */
final class Ranges {
  private Ranges() {}

  static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  static float[] amax(double[] min, double[] max) {
    float[] amax = new float[min.length];
    for (int i = 0; i < amax.length; i++) {
      amax[i] = (float) Math.max(Math.abs(min[i]), Math.abs(max[i]));
    }
    return amax;
  }
}
