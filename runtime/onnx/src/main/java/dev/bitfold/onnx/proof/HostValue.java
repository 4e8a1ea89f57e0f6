package dev.bitfold.onnx.proof;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A value that ONNX Runtime has computed. */
sealed interface HostValue {
  /** Of floats of any type, as float32. */
  record Floats(INDArray array) implements HostValue {}

  /** Of integers or booleans. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Integers(long[] values, long[] shape) implements HostValue {
    @Override
    public String toString() {
      return "integers of shape " + Arrays.toString(shape);
    }
  }

  /** Neither: text, sequences, maps. They are not compared. */
  record Other(String type) implements HostValue {}
}
