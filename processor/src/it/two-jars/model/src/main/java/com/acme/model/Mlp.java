package com.acme.model;

import com.acme.layers.Linear;
import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Linear layers in a row. */
@QuantizeModel
public class Mlp {
  private final List<Linear> hidden;
  private final Linear head;

  public Mlp(List<Linear> hidden, Linear head) {
    this.hidden = hidden;
    this.head = head;
  }

  public List<Linear> hidden() {
    return hidden;
  }

  public Linear head() {
    return head;
  }

  public INDArray forward(INDArray x) {
    for (Linear layer : hidden) {
      x = layer.forward(x);
    }
    return head.forward(x);
  }
}
