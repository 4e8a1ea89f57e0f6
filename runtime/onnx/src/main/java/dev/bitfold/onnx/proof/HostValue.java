package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.session.RuntimeValue;
import dev.bitfold.onnx.session.Session;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
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

  /**
   * Runs a model with those arrays that are its inputs.
   *
   * @return the outputs by name
   */
  static Map<String, HostValue> run(Session session, Map<String, INDArray> feed) {
    Map<String, HostValue> outputs = new LinkedHashMap<>();
    session.run(feed, (name, value) -> outputs.put(name, of(value)));
    return outputs;
  }

  private static HostValue of(RuntimeValue value) {
    if (value.isFloats()) {
      return new Floats(value.array().castTo(DataType.FLOAT));
    }
    return value.isIntegers()
        ? new Integers(value.integers(), value.shape())
        : new Other(value.typeName());
  }
}
