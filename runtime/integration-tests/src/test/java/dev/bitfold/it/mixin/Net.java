package dev.bitfold.it.mixin;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.mixin.vendor.Linear;
import dev.bitfold.it.mixin.vendor.Mlp;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A model that holds a vendor's layer and a vendor's model. */
@QuantizeModel(mixIns = {MlpMixIn.class, LinearMixIn.class})
record Net(Linear stem, Mlp mlp) {
  INDArray forward(INDArray x) {
    return mlp.forward(stem.forward(x));
  }
}
