package ocr;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An ONNX file in ONNX Runtime, with one input and one output. */
final class Net implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  Net(Path file) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = environment.createSession(file.toString(), options);
    }
  }

  float[] run(INDArray x) throws OrtException {
    FloatBuffer values = FloatBuffer.wrap(x.data().asFloat());
    String input = session.getInputNames().iterator().next();
    try (OnnxTensor tensor = OnnxTensor.createTensor(environment, values, x.shape());
        OrtSession.Result result = session.run(Map.of(input, tensor))) {
      FloatBuffer read = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] output = new float[read.remaining()];
      read.get(output);
      return output;
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
