package com.acme;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeModel;
import java.util.Optional;

@QuantizeModel
record Stack<D extends Dense, S extends D, G extends Gated, L extends Layer>(
    D first, Optional<S> second, G gated, @Implementations(Open.class) L open) {}
