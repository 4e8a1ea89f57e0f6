package dev.bitfold.benchmarks.peer;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Compares E4M3 with an amax of 448, for which the scale is 1. libtorch's casts to E4M3 and back
 * then compute the same values without scaling. The composition scales as well, because any other
 * amax needs it.
 */
final class FloatContest {
  private static final float LARGEST = 448;

  private FloatContest() {}

  static Contest e4m3(Tensors t) {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().bits(4, 3).amax(LARGEST).build());
    Tensor x = Tensors.view(t.x, t.n);
    Tensor out = Tensors.view(t.theirs, t.n);
    Tensor eight = t.empty(ScalarType.Float8_e4m3fn, t.n);
    Scalar scale = new Scalar(1f);
    return new Contestants(t, () -> quantizer.quantizeInto(t.x, t.ours))
        .writer(
            Side.NATIVE,
            () -> {
              eight.copy_(x);
              out.copy_(eight);
            })
        .writer(
            Side.COMPOSED,
            () -> {
              torch.mul_out(out, x, scale);
              eight.copy_(out);
              out.copy_(eight);
              out.div_(scale);
            })
        .contest("e4m3", 0);
  }
}
