package com.acme;

import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Nodes;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.QuantizeOnnx;
import dev.bitfold.annotations.SmoothQuant;

@QuantizeOnnx("/encoder.onnx")
@Int8SmoothQuant
@Nodes(
    value = "/encoder/layer.*/output/dense/MatMul",
    quantize = @Quantize(bits = 4, per = "O"),
    smoothQuant = @SmoothQuant(alpha = 0.5))
@Nodes(
    value = {"/encoder/layer.1/output/dense/MatMul", "/pooler/dense/Gemm"},
    skip = true)
interface Encoder {}
