package dev.bitfold.onnx.proof;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds a value that ONNX Runtime has computed. */
sealed interface HostValue {
  /** Holds floats of any type, as float32. */
  record Floats(INDArray array) implements HostValue {}

  /** Holds integers or booleans. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Integers(long[] values, long[] shape) implements HostValue {
    @Override
    public String toString() {
      return "integers of shape " + Arrays.toString(shape);
    }
  }

  /** Stands for text, sequences and maps, which are not compared. */
  record Other(String type) implements HostValue {}
}
