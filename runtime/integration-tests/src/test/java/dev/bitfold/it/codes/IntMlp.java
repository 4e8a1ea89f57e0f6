package dev.bitfold.it.codes;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Two layers that compute on codes. */
@QuantizeModel
record IntMlp(IntLinear fc, IntLinear head) {
  INDArray forward(INDArray x) {
    return head.forward(Transforms.relu(fc.forward(x, null)), null);
  }

  double learn(INDArray x, INDArray target) {
    INDArray h = fc.forward(x, null);
    INDArray r = Transforms.relu(h);
    INDArray error = head.forward(r, null).sub(target);
    INDArray ofR = head.backward(r, null, error.div(error.length())).input();
    fc.backward(x, null, ofR.mul(h.gt(0).castTo(h.dataType())));
    return error.mul(error).meanNumber().doubleValue();
  }
}
