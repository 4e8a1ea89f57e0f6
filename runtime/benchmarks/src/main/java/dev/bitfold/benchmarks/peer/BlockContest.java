package dev.bitfold.benchmarks.peer;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Compares int8 with a scale for each block of adjacent elements, which comes from the block.
 * libtorch has no operation for this. The composition does the same arithmetic, so the values must
 * be equal.
 */
final class BlockContest {
  private static final float MAX = 127;

  private BlockContest() {}

  static Contest dynamic(Tensors t, int block) {
    Quantizer quantizer =
        Quantizer.of(
            QuantDescriptor.builder()
                .bits(8)
                .dynamic(true)
                .blockSizes(BlockSize.axis(-1, block))
                .build());
    long[] shape = {t.n / block, block};
    Tensor x = Tensors.view(t.x, shape);
    Tensor out = Tensors.view(t.theirs, shape);
    Tensor scale = t.empty(ScalarType.Float, t.n / block, 1);
    long[] last = {1};
    Tensor top = t.empty(ScalarType.Float);
    top.fill_(new Scalar(MAX));
    ScalarOptional min = new ScalarOptional(new Scalar(-MAX - 1));
    ScalarOptional max = new ScalarOptional(new Scalar(MAX));
    return new Contestants(t, () -> quantizer.quantizeInto(t.x, t.ours))
        .writer(
            Side.COMPOSED,
            () -> {
              torch.abs_out(out, x);
              torch.amax_out(scale, out, last, true);
              torch.div_out(scale, top, scale);
              torch.mul_out(out, x, scale);
              out.round_();
              out.clamp_(min, max);
              out.div_(scale);
            })
        .contest("dynamic blocks of " + block, 0);
  }
}
