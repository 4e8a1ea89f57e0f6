package dev.bitfold.cuda.kernel;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;

/**
 * Quantizes as a user's program does, and prints twice which kernels were used, or what is wrong.
 */
final class ShowKernels {
  private ShowKernels() {}

  public static void main(String[] args) {
    for (int i = 0; i < 2; i++) {
      try {
        QuantKernels kernels = Kernels.active();
        float[] amax = new float[1];
        FloatBuffer x = FloatBuffer.wrap(new float[] {1, -3});
        kernels.amax(Source.of(x), Groups.perTensor(2), amax);
        System.out.println("kernels " + kernels.name() + " amax " + amax[0]);
      } catch (RuntimeException | Error e) {
        System.out.println("refused " + e);
      }
    }
  }
}
