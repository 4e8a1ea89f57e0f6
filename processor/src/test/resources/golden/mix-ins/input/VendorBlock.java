package com.acme;

import java.util.List;

public record VendorBlock(VendorNorm norm, VendorLinear first, List<VendorLayer> more) {}
