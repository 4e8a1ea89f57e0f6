package com.acme;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What can be folded into. */
record Norm(@Weight(layout = "C") INDArray weight, @Bias(layout = "C") INDArray bias) {}
