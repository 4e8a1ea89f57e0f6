package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import java.util.List;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
public record Block<A extends UnaryOperator<INDArray>>(
    Activated<A> first, List<Activated<A>> more, @SkipQuantize A last) {}
