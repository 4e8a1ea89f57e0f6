package dev.bitfold.calibration;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Observes 10,000 batches with a growing range; run with a small heap. */
final class ManyBatches {
  private ManyBatches() {}

  public static void main(String[] args) {
    List<Calibrator> calibrators =
        List.of(
            Calibrators.of(QuantDescriptor.bits(8), Layout.UNKNOWN),
            Calibrators.of(
                QuantDescriptor.builder().calib(Calib.PERCENTILE).build(), Layout.UNKNOWN),
            Calibrators.of(
                QuantDescriptor.builder().calib(Calib.MSE).axis(-1).build(), Layout.UNKNOWN));
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      INDArray x = Tensors.normal(random, 1 + i, 8, 64);
      calibrators.forEach(c -> c.observe(x));
      x.close();
    }
    calibrators.forEach(Calibrator::amax);
    System.out.println("observed 10000 batches");
    System.exit(0);
  }
}
