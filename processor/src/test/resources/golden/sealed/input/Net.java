package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;

@QuantizeModel
public record Net(Act act, List<Act> acts) {}
