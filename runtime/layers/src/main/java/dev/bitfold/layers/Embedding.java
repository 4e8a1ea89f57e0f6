package dev.bitfold.layers;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Looks vectors up in a table by index. By default, the weight is int8 with a scale for each row,
 * that is for each index.
 */
@Quantize(bits = 8, per = "I")
public class Embedding {
  private static final String NAME = "Embedding";

  @Weight(layout = "IO")
  private final INDArray weight;

  /**
   * Makes a layer. The array is not copied.
   *
   * @param weight [indices, channels]
   * @throws IllegalArgumentException if the rank is not 2
   */
  public Embedding(INDArray weight) {
    Objects.requireNonNull(weight, "weight");
    Shapes.rank(NAME, "weight", weight, 2, "[indices, channels]");
    this.weight = weight;
  }

  /** Returns the table, [indices, channels]. */
  public INDArray weight() {
    return weight;
  }

  /**
   * Looks rows up.
   *
   * @param indices integers of any shape, each at least 0 and below the number of rows
   * @return [..., channels], a new array
   * @throws IllegalArgumentException if the tensor does not hold integers, or an index is outside
   *     of the table
   */
  public INDArray forward(INDArray indices) {
    Objects.requireNonNull(indices, "indices");
    return Nd4j.pullRows(weight, 1, rows(indices)).reshape(outputShape(indices));
  }

  /**
   * Returns the gradient of the table. The gradient of the indices is zero.
   *
   * @param indices as given to {@link #forward}
   * @param gradOutput the gradient of the loss with respect to the output, [..., channels]
   * @throws IllegalArgumentException if a shape is another, or as {@link #forward}
   */
  public Gradients backward(INDArray indices, INDArray gradOutput) {
    Objects.requireNonNull(indices, "indices");
    Objects.requireNonNull(gradOutput, "gradOutput");
    int[] rows = rows(indices);
    Shapes.gradient(NAME, gradOutput, outputShape(indices));
    INDArray byWeight = Nd4j.zeros(weight.dataType(), weight.shape());
    INDArray grads = gradOutput.reshape(rows.length, weight.size(1));
    for (int i = 0; i < rows.length; i++) {
      byWeight.getRow(rows[i]).addi(grads.getRow(i));
    }
    return new Gradients(
        Nd4j.zeros(weight.dataType(), indices.shape()), Map.of("weight", byWeight));
  }

  private int[] rows(INDArray indices) {
    if (!indices.dataType().isIntType()) {
      throw new IllegalArgumentException(
          NAME + " expects integers, not " + indices.dataType() + ": cast the indices");
    }
    long count = weight.size(0);
    long[] values = indices.dup('c').data().asLong();
    for (long value : values) {
      if (value < 0 || value >= count) {
        throw new IllegalArgumentException(NAME + " of " + count + " rows has no index " + value);
      }
    }
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  private long[] outputShape(INDArray indices) {
    long[] shape = Arrays.copyOf(indices.shape(), indices.rank() + 1);
    shape[indices.rank()] = weight.size(1);
    return shape;
  }
}
