package dev.bitfold.it.training;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** {@code head(relu(gain(fc(x))))} with the mean squared error. */
@QuantizeModel
record Net(Dense fc, @Implementations(Gain.class) Stage gain, Dense head) {
  INDArray forward(INDArray x) {
    return head.forward(Transforms.relu(gain.forward(fc.forward(x))));
  }

  /** The loss; its gradients have gone through all layers then. */
  double learn(INDArray x, INDArray target) {
    INDArray a = fc.forward(x);
    INDArray b = gain.forward(a);
    INDArray c = Transforms.relu(b);
    INDArray error = head.forward(c).sub(target);
    INDArray ofC = head.backward(c, error.mul(2.0 / error.length())).input();
    Gradients ofA = gain.backward(a, ofC.mul(b.gt(0).castTo(b.dataType())));
    fc.backward(x, ofA.input());
    return error.mul(error).meanNumber().doubleValue();
  }
}
