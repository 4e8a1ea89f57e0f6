package dev.bitfold.it.mixin.vendor;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A model of the vendor's. */
public final class Mlp {
  private final Gain gain;
  private final List<Linear> hidden;
  private final Layer head;

  public Mlp(Gain gain, List<Linear> hidden, Layer head) {
    this.gain = gain;
    this.hidden = hidden;
    this.head = head;
  }

  public Gain gain() {
    return gain;
  }

  public List<Linear> hidden() {
    return hidden;
  }

  public Layer head() {
    return head;
  }

  public INDArray forward(INDArray x) {
    INDArray h = gain.forward(x);
    for (Linear layer : hidden) {
      h = Transforms.relu(layer.forward(h));
    }
    return head.forward(h);
  }
}
