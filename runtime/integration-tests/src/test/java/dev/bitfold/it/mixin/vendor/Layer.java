package dev.bitfold.it.mixin.vendor;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What the vendor's models hold. */
public interface Layer {
  INDArray forward(INDArray x);
}
