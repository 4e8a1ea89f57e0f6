package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.reconstruction.Reconstruction.Method;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes a weight whose layer reads no quantizable input, such as a table of embeddings. What
 * the layer gives are rows of it, so the weight's own squared error is what counts.
 *
 * @param rows the axis of the weight with the letter I
 */
record Table(TensorSite weight, int rows) {
  /** Returns the table that a weight is; empty if it is none. */
  static Optional<Table> of(ModelShape.Layer layer, TensorSite weight) {
    String letters = weight.tensor().layout().letters();
    boolean looksUp =
        layer.type().tensors().values().stream().noneMatch(t -> t.role() == TensorRole.INPUT);
    return looksUp && (letters.equals("IO") || letters.equals("OI"))
        ? Optional.of(new Table(weight, letters.indexOf('I')))
        : Optional.empty();
  }

  /**
   * Chooses scales by least squares, if that is better than those of the weight's calibrator.
   *
   * @param open the quantizer without a scale
   * @param nearest the table as its quantizer rounds it
   */
  Fit.Result fit(Quantizer open, INDArray held, INDArray nearest, ReconstructionOptions options) {
    Weight table = Weight.of(open, held, new int[] {rows, 1 - rows}, 1);
    double[][] alike = {new double[table.in()]};
    Arrays.fill(alike[0], 1);
    WeightGrid grid = new WeightGrid(table, options.scales());
    Steps steps = new StepSearch(grid, alike).of(table.rows());
    Codes codes = Codes.nearest(grid, table.rows(), steps);
    Optional<INDArray> rounded = grid.rounded(steps, codes.rows());
    double before = error(held, nearest);
    double after = rounded.map(array -> error(held, array)).orElse(before);
    return after < before
        ? new Fit.Result(
            Method.SCALES,
            before,
            after,
            Optional.of(new Fit.Better(rounded.orElseThrow(), grid.scale(steps), Optional.empty())))
        : new Fit.Result(Method.NEAREST, before, before, Optional.empty());
  }

  private static double error(INDArray held, INDArray other) {
    float[] expected = DenseFloats.of(held, "a table").copy();
    float[] actual = DenseFloats.of(other, "a table").copy();
    double lost = 0;
    double energy = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = (double) expected[i] - actual[i];
      lost += difference * difference;
      energy += (double) expected[i] * expected[i];
    }
    return energy > 0 ? Math.sqrt(lost / energy) : 0;
  }
}
