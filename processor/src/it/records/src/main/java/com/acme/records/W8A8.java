package com.acme.records;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;

/** A recipe of one's own. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
public @interface W8A8 {}
