package dev.bitfold.parity;

import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes a tensor to affine integers as pytorch-quantization's {@code fake_affine_tensor_quant}
 * does: the range is taken as it is given, so that the zero point of a range without zero is not a
 * code, and a range without width makes NaN. {@link dev.bitfold.quantizer.Quantizer#withRange}
 * computes the same for ranges that hold zero, and widens the others.
 *
 * @param bits of the codes, which are signed
 * @param min the smallest value of the range
 * @param max the largest value of the range
 */
public record PeerRange(int bits, float min, float max) {
  /** Returns the fake-quantized values, in a new float32 array of the same shape. */
  public INDArray quantize(INDArray x) {
    float step = (max - min) / ((1 << bits) - 1);
    float smallest = -(1 << (bits - 1));
    float largest = (1 << (bits - 1)) - 1;
    float zero = (float) Math.rint(min / step) - smallest;
    float[] values = DenseFloats.of(x, "a tensor").copy();
    for (int i = 0; i < values.length; i++) {
      float code = (float) Math.rint(values[i] / step) - zero;
      values[i] = (Math.max(Math.min(code, largest), smallest) + zero) * step;
    }
    return DenseFloats.array(values, x.shape());
  }
}
