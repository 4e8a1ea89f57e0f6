package dev.bitfold.it.training;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** An open class. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@SmoothQuant(alpha = 0.5)
public class Dense implements Stage {
  @Weight(layout = "IO")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  private final Fault fault;

  Dense(INDArray weight, INDArray bias, Fault fault) {
    this.weight = weight;
    this.bias = bias;
    this.fault = fault;
  }

  static Dense random(long seed, int in, int out) {
    return new Dense(
        Arrays.normal(seed, in, out).divi(Math.sqrt(in)),
        Arrays.normal(seed + 99, out).muli(0.1),
        Fault.NONE);
  }

  Dense with(Fault other) {
    return new Dense(weight, bias, other);
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public Fault fault() {
    return fault;
  }

  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight).addiRowVector(bias);
  }

  @Override
  public Gradients backward(INDArray x, INDArray gradOutput) {
    INDArray ofWeight = x.transpose().mmul(gradOutput);
    Gradients gradients = Gradients.of(gradOutput.mmul(weight.transpose()));
    return switch (fault) {
      case NONE -> gradients.with("weight", ofWeight).with("bias", gradOutput.sum(0));
      case WRONG_SHAPE ->
          gradients.with("weight", ofWeight.transpose()).with("bias", gradOutput.sum(0));
      // Not a literal, which javac would check.
      case WRONG_NAME -> gradients.with("weight", ofWeight).with(fault.name(), gradOutput.sum(0));
      case LEFT_OUT -> gradients.with("bias", gradOutput.sum(0));
      case NOT_A_NUMBER ->
          gradients
              .with("weight", ofWeight.sub(Nd4j.create(new float[] {Float.NaN})))
              .with("bias", gradOutput.sum(0));
    };
  }
}
