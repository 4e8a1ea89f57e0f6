package dev.bitfold.internal.state;

import dev.bitfold.quantizer.Codes;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a tensor as a layer that computes on codes gets it: {@code value = code * scale}.
 *
 * @param codes integers as float32, in the tensor's shape
 * @param scale the step between codes, in the shape of the tensor's scales
 */
record CodedTensor(INDArray codes, INDArray scale) {
  /**
   * Returns the codes of a quantizer. Where values are codes divided by a scale, the step is its
   * reciprocal, rounded to float32: a product with it differs from the value by up to an ulp.
   */
  static CodedTensor of(Codes codes) {
    return new CodedTensor(
        codes.codes(), codes.divides() ? reciprocal(codes.scale()) : codes.scale());
  }

  /** Returns the codes of a packed tensor. */
  static CodedTensor of(PackedTensor packed) {
    float[] codes = new float[packed.length()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = packed.code(i);
    }
    return new CodedTensor(
        DenseFloats.array(codes, packed.shape()),
        DenseFloats.array(packed.multipliers(), packed.scaleShape()));
  }

  private static INDArray reciprocal(INDArray scale) {
    float[] steps = scale.dup('c').data().asFloat();
    for (int i = 0; i < steps.length; i++) {
      steps[i] = (float) (1d / steps[i]);
    }
    return DenseFloats.array(steps, scale.shape());
  }
}
