package com.acme;

import dev.bitfold.annotations.QuantizeModel;

@QuantizeModel
record Net(Block<Relu> block, Activated<Relu> head) {}
