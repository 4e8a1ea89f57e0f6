package dev.bitfold.it.mixin;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.it.mixin.vendor.Gain;
import dev.bitfold.it.mixin.vendor.Head;
import dev.bitfold.it.mixin.vendor.Layer;
import dev.bitfold.it.mixin.vendor.Mlp;

/** The mix-in of a model: its layers have mix-ins of their own. */
@QuantizeFor(Mlp.class)
@QuantizeModel(mixIns = {GainMixIn.class, LinearMixIn.class, HeadMixIn.class})
interface MlpMixIn {
  @SmoothInto("hidden.0")
  Gain gain();

  @Implementations(Head.class)
  Layer head();
}
