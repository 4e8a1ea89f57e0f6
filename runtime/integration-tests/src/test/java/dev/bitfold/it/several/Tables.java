package dev.bitfold.it.several;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A record with weights only, which may be left out. */
@Quantize(bits = 4)
record Tables(@Weight(layout = "OI") List<INDArray> tables) {}
