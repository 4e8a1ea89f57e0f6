package dev.bitfold.it.codes;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The same model on fake-quantized values. */
@QuantizeModel
record Mlp(Linear fc, Linear head) {
  INDArray forward(INDArray x) {
    return head.forward(Transforms.relu(fc.forward(x)));
  }

  double learn(INDArray x, INDArray target) {
    INDArray h = fc.forward(x);
    INDArray r = Transforms.relu(h);
    INDArray error = head.forward(r).sub(target);
    INDArray ofR = head.backward(r, error.div(error.length())).input();
    fc.backward(x, ofR.mul(h.gt(0).castTo(h.dataType())));
    return error.mul(error).meanNumber().doubleValue();
  }
}
