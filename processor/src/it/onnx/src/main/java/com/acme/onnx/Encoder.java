package com.acme.onnx;

import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Nodes;
import dev.bitfold.annotations.QuantizeOnnx;
import dev.bitfold.annotations.SmoothQuant;

/** An encoder that is a file. */
@QuantizeOnnx("encoder.onnx")
@Int8SmoothQuant
@Nodes(value = "/encoder/layer.*/output/dense/MatMul", smoothQuant = @SmoothQuant(alpha = 0.6))
@Nodes(value = "/embeddings/Gather", skip = true)
public interface Encoder {}
