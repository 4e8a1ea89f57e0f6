package dev.bitfold.examples.embeddings.model;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where the sentences of a batch lie. Everything but attention works on their tokens one after
 * another, [tokens, channels]; only attention needs a row of equal length for each sentence, [n, t,
 * channels], where {@code t} is the longest. So padding costs little time, and no layer, and no
 * calibration, ever sees it.
 */
public final class Padding {
  /** What the scores of padding get added: as in the ONNX file, the most negative float. */
  private static final float MASKED = -Float.MAX_VALUE;

  private final int[] lengths;
  private final int longest;
  private final INDArray mask;

  Padding(int[] lengths) {
    this.lengths = lengths;
    this.longest = Arrays.stream(lengths).max().orElse(0);
    float[] values = new float[lengths.length * longest];
    for (int i = 0; i < lengths.length; i++) {
      Arrays.fill(values, i * longest + lengths[i], (i + 1) * longest, MASKED);
    }
    this.mask = Nd4j.createFromArray(values).reshape(lengths.length, 1, 1, longest);
  }

  /**
   * What is added to attention scores, [n, 1, 1, t]: 0 for a token, a huge negative for padding.
   */
  INDArray mask() {
    return mask;
  }

  /** From [tokens, channels] to [n, t, channels], zeros behind the shorter sentences. */
  INDArray pad(INDArray tokens) {
    int channels = Math.toIntExact(tokens.size(1));
    INDArray padded = Nd4j.create(DataType.FLOAT, lengths.length, longest, channels);
    FloatBuffer from = Rows.values(tokens);
    FloatBuffer to = padded.data().asNioFloat();
    int token = 0;
    for (int i = 0; i < lengths.length; i++) {
      to.put(i * longest * channels, from, token * channels, lengths[i] * channels);
      token += lengths[i];
    }
    return padded;
  }

  /** From [n, t, channels] back to [tokens, channels]. */
  INDArray unpad(INDArray padded) {
    int channels = Math.toIntExact(padded.size(2));
    INDArray tokens =
        Nd4j.createUninitialized(DataType.FLOAT, Arrays.stream(lengths).sum(), channels);
    FloatBuffer from = Rows.values(padded);
    FloatBuffer to = tokens.data().asNioFloat();
    int token = 0;
    for (int i = 0; i < lengths.length; i++) {
      to.put(token * channels, from, i * longest * channels, lengths[i] * channels);
      token += lengths[i];
    }
    return tokens;
  }
}
