package com.acme;

import dev.bitfold.annotations.QuantizeModel;

@QuantizeModel
record Net<B extends Block>(Seq<B> any, Seq<Dense> dense, Stack<Dense, Dense, Gated, Open> stack) {}
