package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import java.util.List;

@QuantizeModel(mixIns = {BlockMixIn.class, LinearMixIn.class, Norms.MixIn.class})
public record Net(
    List<VendorBlock> blocks, @SmoothInto("head") VendorNorm norm,
    VendorBlock block, VendorLinear head) {}
