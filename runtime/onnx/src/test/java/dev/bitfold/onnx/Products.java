package dev.bitfold.onnx;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;

/** The products of any file with constant weights and biases, in no order of their own. */
@QuantizeModel
public record Products(List<Linear> layers) {}
