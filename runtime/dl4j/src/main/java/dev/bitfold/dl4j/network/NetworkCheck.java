package dev.bitfold.dl4j.network;

import org.nd4j.linalg.api.buffer.DataType;

/** Refuses networks that cannot be quantized. */
final class NetworkCheck {
  private NetworkCheck() {}

  static void check(boolean initialised, DataType type) {
    if (!initialised) {
      throw new IllegalArgumentException(
          "the network was never initialised, so it has no weights: call init(), or load its"
              + " weights, before it is quantized");
    }
    if (type != DataType.FLOAT) {
      throw new IllegalArgumentException(
          "the network computes in "
              + type
              + ", and only networks in FLOAT are quantized: quantize"
              + " network.convertDataType(DataType.FLOAT)");
    }
  }
}
