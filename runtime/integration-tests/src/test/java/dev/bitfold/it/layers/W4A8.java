package dev.bitfold.it.layers;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;

/** A user's own recipe. */
@Quantize(bits = 4, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
public @interface W4A8 {}
