package com.acme;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import java.util.List;

@QuantizeFor(VendorBlock.class)
@QuantizeModel(mixIns = {LinearMixIn.class, DenseMixIn.class, Norms.MixIn.class})
interface BlockMixIn {
  @SmoothInto("first")
  VendorNorm norm();

  @Implementations(VendorDense.class)
  List<VendorLayer> more();
}
