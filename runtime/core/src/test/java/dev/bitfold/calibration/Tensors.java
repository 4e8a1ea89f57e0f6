package dev.bitfold.calibration;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Batches for tests, and what calibrators write. */
final class Tensors {
  private Tensors() {}

  /** Normal values whose scale differs from batch to batch by up to 2^20. */
  static List<INDArray> batches(long seed, int count, int... shape) {
    Random random = new Random(seed);
    List<INDArray> batches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      batches.add(normal(random, Math.scalb(1f, random.nextInt(21) - 10), shape));
    }
    return batches;
  }

  static INDArray normal(Random random, float scale, int... shape) {
    float[] values = new float[IntStream.of(shape).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(10) == 0 ? 0 : (float) random.nextGaussian() * scale;
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  static byte[] written(Calibrator calibrator) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      calibrator.writeTo(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static void read(Calibrator calibrator, byte[] bytes) throws IOException {
    calibrator.readFrom(new DataInputStream(new ByteArrayInputStream(bytes)));
  }
}
