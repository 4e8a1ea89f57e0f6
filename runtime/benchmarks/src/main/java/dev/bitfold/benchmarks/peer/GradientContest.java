package dev.bitfold.benchmarks.peer;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.QuantGradients;
import dev.bitfold.gradient.StraightThrough;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Compares the straight-through gradient of the input together with that of amax (PACT). libtorch's
 * own operation only applies the mask that the forward pass has made. It computes no gradient of
 * amax, so it does less. The composition computes both gradients.
 */
final class GradientContest {
  private static final float AMAX = 2.5f;
  private static final double TOLERANCE = 1e-3;

  private GradientContest() {}

  static Contest straightThrough(Tensors t) {
    String kernel = "ste backward";
    StraightThrough estimator =
        StraightThrough.of(
            QuantDescriptor.builder().bits(8).learnAmax(true).ste(Ste.PACT).build(),
            Layout.UNKNOWN);
    Map<String, INDArray> parameters = Map.of(StraightThrough.AMAX, Nd4j.scalar(AMAX));
    Tensor x = Tensors.view(t.x, t.n);
    Tensor gradient = Tensors.view(t.gradient, t.n);
    Tensor out = Tensors.view(t.theirs, t.n);
    Tensor mask = t.empty(ScalarType.Bool, t.n);
    Tensor rest = t.empty(ScalarType.Float, t.n);
    Tensor ofAmax = t.empty(ScalarType.Float);
    Scalar amax = new Scalar(AMAX);
    Runnable composed =
        () -> {
          torch.abs_out(rest, x);
          torch.lt_out(mask, rest, amax);
          torch.mul_out(out, gradient, mask);
          torch.sign_out(rest, x);
          rest.mul_(gradient);
          rest.masked_fill_(mask, new Scalar(0f));
          torch.sum_out(ofAmax, rest, new long[] {0});
        };
    composed.run(); // makes the mask that the forward pass leaves
    Contest values =
        new Contestants(t, () -> estimator.backward(t.x, parameters, t.gradient).input().close())
            .operation(
                () -> torch.fake_quantize_per_tensor_affine_cachemask_backward(gradient, mask))
            .writer(Side.COMPOSED, composed)
            .contest(kernel, 0);
    return new Contest(
        kernel,
        values.sides(),
        () -> {
          QuantGradients own = estimator.backward(t.x, parameters, t.gradient);
          t.ours.assign(own.input());
          own.input().close();
          values.proof().run();
          new Agreement(kernel + ", amax", TOLERANCE)
              .value(
                  Side.COMPOSED,
                  0,
                  own.parameter(StraightThrough.AMAX).getDouble(0),
                  ofAmax.item_float());
        });
  }
}
