package com.acme.kotlin

import dev.bitfold.annotations.Bias
import dev.bitfold.annotations.Input
import dev.bitfold.annotations.Int8SmoothQuant
import dev.bitfold.annotations.QuantizeModel
import dev.bitfold.annotations.Weight
import org.nd4j.linalg.api.ndarray.INDArray

/** A linear layer: open, as its forward is, so that the wrapper can extend it. */
@Int8SmoothQuant
open class Linear(
  @Weight(layout = "OI") val weight: INDArray,
  @Bias(layout = "O") val bias: INDArray,
) {
  open fun forward(@Input(layout = "NC") x: INDArray): INDArray =
    x.mmul(weight.transpose()).addiRowVector(bias)
}

/** Linear layers in a row. Without @JvmSuppressWildcards Java would see a List<? extends Linear>. */
@QuantizeModel
class Mlp(val hidden: List<@JvmSuppressWildcards Linear>, val head: Linear) {
  fun forward(x: INDArray): INDArray =
    head.forward(hidden.fold(x) { y, layer -> layer.forward(y) })
}
