package dev.bitfold.examples.dl4j;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** The 10,000 handwritten digits of the example qat-digits, in batches of 100. */
final class Digits {
  /** How many batches are kept for testing. */
  static final int TEST_BATCHES = 20;

  private static final String FOLDER = "/dev/bitfold/examples/digits/";
  private static final int SIZE = 28;
  private static final int BATCH = 100;

  private Digits() {}

  static List<DataSet> load() throws IOException {
    byte[] pixels = read("images-idx3-ubyte.gz", 16);
    byte[] labels = read("labels-idx1-ubyte.gz", 8);
    List<Integer> order = new ArrayList<>(IntStream.range(0, labels.length).boxed().toList());
    Collections.shuffle(order, new Random(20));
    List<DataSet> batches = new ArrayList<>();
    for (int from = 0; from < order.size(); from += BATCH) {
      batches.add(batch(pixels, labels, order.subList(from, from + BATCH)));
    }
    return batches;
  }

  private static byte[] read(String name, int header) throws IOException {
    try (InputStream file = Digits.class.getResourceAsStream(FOLDER + name)) {
      DataInputStream in =
          new DataInputStream(new GZIPInputStream(Objects.requireNonNull(file, name)));
      in.skipNBytes(header);
      return in.readAllBytes();
    }
  }

  private static DataSet batch(byte[] pixels, byte[] labels, List<Integer> indices) {
    float[] images = new float[BATCH * SIZE * SIZE];
    INDArray classes = Nd4j.zeros(DataType.FLOAT, BATCH, LeNet.CLASSES);
    for (int i = 0; i < BATCH; i++) {
      int index = indices.get(i);
      classes.putScalar(i, labels[index], 1);
      for (int p = 0; p < SIZE * SIZE; p++) {
        images[i * SIZE * SIZE + p] = (pixels[index * SIZE * SIZE + p] & 0xff) / 255f;
      }
    }
    return new DataSet(Nd4j.create(images, new long[] {BATCH, 1, SIZE, SIZE}, 'c'), classes);
  }
}
