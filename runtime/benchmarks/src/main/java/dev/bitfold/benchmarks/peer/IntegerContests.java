package dev.bitfold.benchmarks.peer;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMax;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMin;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Compares int8 with a fixed amax.
 *
 * <p>We compute {@code clamp(rint(x * (127 / amax))) / (127 / amax)}, as ModelOpt does. libtorch
 * computes {@code clamp(rint(x * (1 / step))) * step}. If the steps are powers of two, as here,
 * both are free of rounding errors, so the values must be equal.
 */
final class IntegerContests {
  private static final int MAX = 127;
  private static final int MIN = -128;
  private static final float SCALE = 32;

  private IntegerContests() {}

  static Contest perTensor(Tensors t) {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().bits(8).amax(MAX / SCALE).build());
    Tensor x = Tensors.view(t.x, t.n);
    Tensor out = Tensors.view(t.theirs, t.n);
    Scalar scale = new Scalar(SCALE);
    ScalarOptional min = new ScalarOptional(new Scalar((float) MIN));
    ScalarOptional max = new ScalarOptional(new Scalar((float) MAX));
    return new Contestants(t, () -> quantizer.quantizeInto(t.x, t.ours))
        .operation(() -> torch.fake_quantize_per_tensor_affine(x, 1.0 / SCALE, 0, MIN, MAX))
        .writer(
            Side.COMPOSED,
            () -> {
              torch.mul_out(out, x, scale);
              out.round_();
              out.clamp_(min, max);
              out.div_(scale);
            })
        .writer(
            Side.ND4J,
            () -> {
              t.x.muli(SCALE, t.theirs);
              rounded(t.theirs);
              t.theirs.divi(SCALE);
            })
        .contest("int8 per tensor", 0);
  }

  static Contest perRow(Tensors t) {
    return perChannel(t, 0, "int8 axis 0");
  }

  static Contest perColumn(Tensors t) {
    return perChannel(t, 1, "int8 last axis");
  }

  private static Contest perChannel(Tensors t, int axis, String kernel) {
    int channels = (int) t.x.size(axis);
    float[] scales = new float[channels];
    float[] steps = new float[channels];
    float[] amax = new float[channels];
    for (int i = 0; i < channels; i++) {
      scales[i] = 16 << i % 3;
      steps[i] = 1 / scales[i];
      amax[i] = MAX / scales[i];
    }
    Quantizer quantizer =
        Quantizer.of(QuantDescriptor.builder().bits(8).axis(axis).build())
            .withAmax(Nd4j.create(amax, new long[] {channels}, DataType.FLOAT));
    long[] shape = t.x.shape();
    Tensor x = Tensors.view(t.x, shape);
    Tensor out = Tensors.view(t.theirs, shape);
    Tensor step = torch.empty(channels).copy_(Tensor.create(steps));
    Tensor zero = t.empty(ScalarType.Int, channels);
    zero.zero_();
    Tensor scale =
        torch
            .empty(channels)
            .copy_(Tensor.create(scales))
            .view(axis == 0 ? new long[] {channels, 1} : new long[] {1, channels});
    ScalarOptional min = new ScalarOptional(new Scalar((float) MIN));
    ScalarOptional max = new ScalarOptional(new Scalar((float) MAX));
    INDArray own = Nd4j.create(scales, new long[] {channels}, DataType.FLOAT);
    return new Contestants(t, () -> quantizer.quantizeInto(t.x, t.ours))
        .operation(() -> torch.fake_quantize_per_channel_affine(x, step, zero, axis, MIN, MAX))
        .writer(
            Side.COMPOSED,
            () -> {
              torch.mul_out(out, x, scale);
              out.round_();
              out.clamp_(min, max);
              out.div_(scale);
            })
        .writer(
            Side.ND4J,
            () -> {
              Nd4j.getExecutioner().exec(new BroadcastMulOp(t.x, own, t.theirs, axis));
              rounded(t.theirs);
              Nd4j.getExecutioner().exec(new BroadcastDivOp(t.theirs, own, t.theirs, axis));
            })
        .contest(kernel, 0);
  }

  private static void rounded(INDArray array) {
    Nd4j.getExecutioner().exec(new Rint(array, array));
    Nd4j.getExecutioner().exec(new ScalarMax(array, null, array, MIN));
    Nd4j.getExecutioner().exec(new ScalarMin(array, null, array, MAX));
  }
}
