package com.acme;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = 8)
record Tables(@Weight List<INDArray> tables, String name) {}
