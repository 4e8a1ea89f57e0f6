package com.acme;

import dev.bitfold.annotations.QuantizeModel;

@QuantizeModel
public record Attention(Linear query, Linear key, Linear value) {}
