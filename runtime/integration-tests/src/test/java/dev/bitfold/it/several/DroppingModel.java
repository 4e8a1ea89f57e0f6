package dev.bitfold.it.several;

import dev.bitfold.annotations.QuantizeModel;

@QuantizeModel
record DroppingModel(Dropping dropping) {}
