package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import java.util.List;

@QuantizeModel
record Attention(List<Linear> queries, Linear key, @SmoothInto("output") Linear value, Linear output) {}
