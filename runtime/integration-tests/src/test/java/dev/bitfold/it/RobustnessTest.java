package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Unusual memory and unusual data. */
class RobustnessTest {
  private static final int C = 16;

  private final Mlp mlp =
      new Mlp(Linear.random(1, C, C), List.of(Linear.random(2, C, C)), Linear.random(4, 4, C));
  private final List<INDArray> batches =
      List.of(Arrays.outliers(1, 64, C), Arrays.outliers(2, 48, C));

  @Test
  void weightsAndInputsOfFortranOrderGiveTheSameBits() {
    Mlp transposed =
        new Mlp(
            Linear.unbiased(mlp.fc1().weight().dup('f')),
            List.of(),
            Linear.unbiased(mlp.head().weight().transpose().dup('c').transpose()));
    Mlp plain =
        new Mlp(
            Linear.unbiased(mlp.fc1().weight()), List.of(), Linear.unbiased(mlp.head().weight()));
    List<INDArray> fortran = batches.stream().map(x -> x.dup('f')).toList();

    Mlp a = MlpQuantizer.of(transposed).calibrate(fortran, Mlp::forward).freeze().model();
    Mlp b = MlpQuantizer.of(plain).calibrate(batches, Mlp::forward).freeze().model();

    Errors.assertSameBits(b.fc1().weight(), a.fc1().weight());
    Errors.assertSameBits(b.head().weight(), a.head().weight());
    double error = Errors.relative(b.forward(batches.get(0)), a.forward(fortran.get(0)));
    assertTrue(error < 1e-5, "relative difference " + error);
  }

  @Test
  void calibratingAndFreezingInsideAWorkspaceOutlivesIt() {
    INDArray expected =
        MlpQuantizer.of(mlp)
            .calibrate(batches, Mlp::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.8))
            .freeze()
            .model()
            .forward(batches.get(0));
    Mlp quantized;
    try (MemoryWorkspace workspace =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace("ROBUSTNESS")) {
      assertTrue(workspace.isScopeActive());
      quantized =
          MlpQuantizer.of(mlp)
              .calibrate(batches, Mlp::forward)
              .smoothQuant(SmoothQuantOptions.alpha(0.8))
              .freeze()
              .model();
    }
    try (MemoryWorkspace other = Nd4j.getWorkspaceManager().getAndActivateWorkspace("ROBUSTNESS")) {
      assertTrue(other.isScopeActive());
      Nd4j.ones(1000, 100).muli(7);
    }

    Errors.assertSameBits(expected, quantized.forward(batches.get(0)));
  }

  @Test
  void aChannelThatIsNeverActiveAndAConstantTensorAreSmoothedToo() {
    INDArray dead = batches.get(0).dup();
    dead.getColumn(7).assign(0);
    INDArray constant = Nd4j.ones(32, C).muli(3);
    for (INDArray data : List.of(dead, constant, Nd4j.zeros(8, C))) {
      Calibration<Mlp> calibration =
          MlpQuantizer.of(mlp).calibrate(List.of(data), Mlp::forward).smoothQuant();
      INDArray y = calibration.freeze().model().forward(data);
      INDArray expected = mlp.forward(data);

      assertTrue(Errors.relative(expected, y) < 0.1, "relative " + Errors.relative(expected, y));
      assertEquals(3, calibration.alphaCurves().size());
    }
  }

  @Test
  void anInputViewIsNotChanged() {
    INDArray wide = Arrays.outliers(5, 64, 2 * C);
    INDArray view = wide.getColumns(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    INDArray slice =
        wide.get(
            org.nd4j.linalg.indexing.NDArrayIndex.all(),
            org.nd4j.linalg.indexing.NDArrayIndex.interval(0, C));
    INDArray before = slice.dup();
    Mlp quantized = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze().model();

    INDArray y = quantized.forward(slice);

    Errors.assertSameBits(before, slice);
    Errors.assertSameBits(quantized.forward(view), y);
  }
}
