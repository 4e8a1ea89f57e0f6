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
    return embed(List.of(tokens), 0)[0];
  }

  /**
   * Embeds sentences together.
   *
   * @param padTo how many tokens each is padded to, at least the longest one's
   * @return [sentences][channels]
   */
  public float[][] embed(List<int[]> sentences, int padTo) {
    int[] lengths = sentences.stream().mapToInt(tokens -> tokens.length).toArray();
    int width = Math.max(padTo, Arrays.stream(lengths).max().orElse(0));
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        long[] values = values(name, sentences, width);
        long[] shape = {sentences.size(), width};
        inputs.put(name, OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape));
      }
      try (OrtSession.Result result = session.run(inputs)) {
        FloatBuffer vectors = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
        int channels = vectors.remaining() / (sentences.size() * width);
        float[][] pooled = new float[sentences.size()][];
        for (int i = 0; i < pooled.length; i++) {
          float[] own = new float[lengths[i] * channels];
          vectors.position(i * width * channels).get(own);
          pooled[i] = pooling.pool(own, new int[] {lengths[i]}, channels)[0];
        }
        return pooled;
      }
    } catch (OrtException e) {
      throw new BadInputException(file, "ONNX Runtime: " + e.getMessage(), e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private long[] values(String input, List<int[]> sentences, int width) {
    long[] values = new long[sentences.size() * width];
    for (int i = 0; i < sentences.size(); i++) {
      int[] tokens = sentences.get(i);
      for (int t = 0; t < tokens.length; t++) {
        switch (input) {
          case "input_ids" -> values[i * width + t] = tokens[t];
          case "attention_mask" -> values[i * width + t] = 1;
          case "token_type_ids" -> {}
          default -> throw new BadInputException(file, "wants an unknown input: " + input);
        }
      }
    }
    return values;
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
