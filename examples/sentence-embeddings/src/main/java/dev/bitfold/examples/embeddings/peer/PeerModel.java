package dev.bitfold.examples.embeddings.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.bitfold.examples.embeddings.load.BadInputException;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.text.Embedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * An encoder in an ONNX file, run by ONNX Runtime one sentence at a time: the scales of a
 * dynamically quantized model depend on everything in the batch.
 */
public final class PeerModel implements Embedder, AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final String file;
  private final Tokenizer tokenizer;
  private final Pooling pooling;
  private final OrtSession session;
  private final String output;
  private final long weightBytes;

  /**
   * Opens a model.
   *
   * @param file an encoder, from tokens to a vector of each token
   * @throws BadInputException if ONNX Runtime does not take it
   */
  public PeerModel(InputFile file, Tokenizer tokenizer, Pooling pooling) {
    this.file = file.name();
    this.tokenizer = tokenizer;
    this.pooling = pooling;
    this.weightBytes = file.onnx().bytes();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      this.session = environment.createSession(file.bytes(), options);
      this.output = tokenVectors(session);
    } catch (OrtException e) {
      throw new BadInputException(file.name(), "ONNX Runtime: " + e.getMessage(), e);
    }
  }

  private String tokenVectors(OrtSession session) throws OrtException {
    for (var entry : session.getOutputInfo().entrySet()) {
      if (entry.getValue().getInfo() instanceof TensorInfo info && info.getShape().length == 3) {
        return entry.getKey();
      }
    }
    throw new BadInputException(file, "has no output of shape [batch, tokens, channels]");
  }

  /** The bytes of all weights in the file. */
  public long weightBytes() {
    return weightBytes;
  }

  @Override
  public float[][] embed(List<String> sentences, IntConsumer progress) {
    float[][] embeddings = new float[sentences.size()][];
    for (int i = 0; i < embeddings.length; i++) {
      embeddings[i] = embed(tokenizer.encode(sentences.get(i)));
      progress.accept(1);
    }
    return embeddings;
  }

  private float[] embed(int[] tokens) {
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        long[] values = new long[tokens.length];
        if (name.equals("input_ids")) {
          values = Arrays.stream(tokens).asLongStream().toArray();
        } else if (name.equals("attention_mask")) {
          Arrays.fill(values, 1);
        } else if (!name.equals("token_type_ids")) {
          throw new BadInputException(file, "wants an unknown input: " + name);
        }
        long[] shape = {1, tokens.length};
        inputs.put(name, OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape));
      }
      try (OrtSession.Result result = session.run(inputs)) {
        FloatBuffer vectors = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
        float[] values = new float[vectors.remaining()];
        vectors.get(values);
        return pooling.pool(values, new int[] {tokens.length}, values.length / tokens.length)[0];
      }
    } catch (OrtException e) {
      throw new BadInputException(file, "ONNX Runtime: " + e.getMessage(), e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime does not close " + file, e);
    }
  }
}
