package com.acme;

import org.nd4j.autodiff.samediff.SDVariable;

interface SdLayer {
  SDVariable forward(SDVariable x);
}
