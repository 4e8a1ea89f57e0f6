package dev.bitfold.layers.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.BatchNorm;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.RMSNorm;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Images to scores, by most of the layers, with its own pass backward. */
@QuantizeModel
public record ImageNet(
    Conv2d conv, BatchNorm batchNorm, LayerNorm norm, Linear hidden, RMSNorm scale, Linear head) {
  /** Scores [n, classes] of images [n, channels, height, width]. */
  public INDArray forward(INDArray images) {
    INDArray features = flat(relu(batchNorm.forward(conv.forward(images))));
    return head.forward(scale.forward(relu(hidden.forward(norm.forward(features)))));
  }

  /** Half the mean squared distance of the scores from {@code wanted}, and its pass backward. */
  public double learn(INDArray images, INDArray wanted) {
    INDArray c = conv.forward(images);
    INDArray a = relu(batchNorm.forward(c));
    INDArray f = flat(a);
    INDArray n = norm.forward(f);
    INDArray h = relu(hidden.forward(n));
    INDArray s = scale.forward(h);
    INDArray miss = head.forward(s).sub(wanted);
    double loss = miss.mul(miss).sumNumber().doubleValue() / 2 / images.size(0);
    INDArray g = head.backward(s, miss.div(images.size(0))).input();
    g = reluBackward(h, scale.backward(h, g).input());
    g = norm.backward(f, hidden.backward(n, g).input()).input();
    g = reluBackward(a, g.reshape('c', a.shape()));
    conv.backward(images, batchNorm.backward(c, g).input());
    return loss;
  }

  private static INDArray flat(INDArray x) {
    return x.dup('c').reshape('c', x.size(0), -1);
  }

  private static INDArray relu(INDArray x) {
    return Transforms.relu(x, true);
  }

  private static INDArray reluBackward(INDArray y, INDArray gradient) {
    return gradient.mul(y.gt(0).castTo(DataType.FLOAT));
  }
}
