package com.acme;

import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

record Gate<T extends Comparable<T>>(@Weight INDArray weight, T kind) {}
