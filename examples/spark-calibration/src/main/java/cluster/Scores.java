package cluster;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.broadcast.Broadcast;

/** Embeds sentences with an ONNX file, whose session each JVM opens once. */
final class Scores implements Serializable {
  private static final long serialVersionUID = 1;
  private static final Map<String, OrtSession> SESSIONS = new ConcurrentHashMap<>();

  private final String name;
  private final Broadcast<byte[]> file;

  Scores(String name, Broadcast<byte[]> file) {
    this.name = name;
    this.file = file;
  }

  /** Returns the cosine of two sentences. */
  double cosine(String first, String second) throws OrtException {
    return cosine(embedding(first), embedding(second));
  }

  static double cosine(double[] x, double[] y) {
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += x[i] * y[i];
      xx += x[i] * x[i];
      yy += y[i] * y[i];
    }
    return xy / Math.sqrt(xx * yy);
  }

  /** Returns the mean of the vectors of a sentence's tokens. */
  double[] embedding(String sentence) throws OrtException {
    long[] ids = Encoder.tokens(sentence);
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OnnxTensor tokens = OnnxTensor.createTensor(environment, new long[][] {ids});
        OnnxTensor mask = OnnxTensor.createTensor(environment, Encoder.filled(ids.length, 1));
        OnnxTensor types = OnnxTensor.createTensor(environment, Encoder.filled(ids.length, 0));
        OrtSession.Result result =
            session()
                .run(
                    Map.of(
                        "input_ids", tokens, "attention_mask", mask, "token_type_ids", types))) {
      float[][] vectors = ((float[][][]) result.get(0).getValue())[0];
      double[] mean = new double[vectors[0].length];
      for (float[] vector : vectors) {
        for (int i = 0; i < mean.length; i++) {
          mean[i] += vector[i] / vectors.length;
        }
      }
      return mean;
    }
  }

  private OrtSession session() {
    return SESSIONS.computeIfAbsent(
        name,
        absent -> {
          try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            return OrtEnvironment.getEnvironment().createSession(file.value(), options);
          } catch (OrtException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
