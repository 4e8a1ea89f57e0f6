package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import java.util.Map;

@QuantizeModel
public record Seq<B extends Block>(List<B> blocks, B last, Map<String, B[]> named) {}
