package dev.bitfold.onnx.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs a whole file in ONNX Runtime, as the oracle: it shares no code with the cut graph. */
final class Whole {
  private Whole() {}

  /** The first output of a file. */
  static float[] run(byte[] file, Map<String, INDArray> feed) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      try (OrtSession session = environment.createSession(file, options)) {
        for (Map.Entry<String, INDArray> entry : feed.entrySet()) {
          INDArray x = entry.getValue().dup('c');
          inputs.put(
              entry.getKey(),
              x.dataType() == DataType.FLOAT
                  ? OnnxTensor.createTensor(
                      environment, FloatBuffer.wrap(x.data().asFloat()), x.shape())
                  : OnnxTensor.createTensor(
                      environment, LongBuffer.wrap(x.data().asLong()), x.shape()));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
          float[] values = new float[buffer.remaining()];
          buffer.get(values);
          return values;
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  /** The largest difference, relative to the largest value. */
  static double difference(float[] expected, INDArray actual) {
    float[] values = actual.dup('c').data().asFloat();
    double largest = 0;
    double apart = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      apart = Math.max(apart, Math.abs(expected[i] - (double) values[i]));
    }
    return values.length == expected.length ? apart / largest : Double.NaN;
  }
}
