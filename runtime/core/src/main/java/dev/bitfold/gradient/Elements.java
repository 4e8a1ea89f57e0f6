package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes on the elements of tensors in chunks. */
final class Elements {
  /** Elements of a chunk, at most. */
  static final int CHUNK = 2048;

  /** One chunk: from an input and a gradient, the chunk's result. */
  @FunctionalInterface
  interface Body {
    /**
     * Computes one chunk.
     *
     * @param start the index of its first element in the tensor, in c order
     * @param length its elements, from 0 in the arrays
     */
    void compute(int start, int length, float[] x, float[] gradient, float[] out);
  }

  private Elements() {}

  /** The groups of a tensor. */
  static Groups groups(Quantizer quantizer, INDArray x) {
    return Groups.of(x.shape(), quantizer.blocks(x.rank()));
  }

  /** A tensor of {@code x}'s shape, computed from it and the gradient of the output. */
  static INDArray map(INDArray x, INDArray gradient, Body body) {
    if (!Arrays.equals(x.shape(), gradient.shape())) {
      throw new IllegalArgumentException(
          "an input of shape "
              + Arrays.toString(x.shape())
              + " and a gradient of shape "
              + Arrays.toString(gradient.shape()));
    }
    if (x.isEmpty()) {
      return Nd4j.create(DataType.FLOAT, x.shape());
    }
    INDArray out =
        x.rank() == 0 ? Nd4j.scalar(0f) : Nd4j.createUninitialized(DataType.FLOAT, x.shape(), 'c');
    INDArray denseX = dense(x);
    INDArray denseGradient = dense(gradient);
    try {
      compute((int) x.length(), buffer(denseX), buffer(denseGradient), buffer(out), body);
    } finally {
      // A buffer does not keep the array alive whose memory it reads.
      Reference.reachabilityFence(denseX);
      Reference.reachabilityFence(denseGradient);
      Reference.reachabilityFence(out);
    }
    return out;
  }

  private static void compute(
      int elements, FloatBuffer x, FloatBuffer gradient, FloatBuffer out, Body body) {
    float[] a = new float[CHUNK];
    float[] b = new float[CHUNK];
    float[] c = new float[CHUNK];
    for (int start = 0; start < elements; start += CHUNK) {
      int length = Math.min(CHUNK, elements - start);
      x.get(start, a, 0, length);
      gradient.get(start, b, 0, length);
      body.compute(start, length, a, b, c);
      out.put(start, c, 0, length);
    }
  }

  /** Adds what each of a chunk's elements contributes to its group. */
  static void addTo(double[] sums, Groups groups, int start, int length, double[] values) {
    int columns = groups.columns();
    for (int done = 0; done < length; ) {
      int row = (start + done) / columns;
      int column = start + done - row * columns;
      int end = done + Math.min(length - done, columns - column);
      int base = groups.base(row);
      for (; done < end; done++, column++) {
        sums[base + column / groups.block()] += values[done];
      }
    }
  }

  static float[] floats(INDArray array) {
    float[] values = new float[Math.toIntExact(array.length())];
    INDArray dense = dense(array);
    try {
      buffer(dense).get(values);
    } finally {
      Reference.reachabilityFence(dense);
    }
    return values;
  }

  private static INDArray dense(INDArray x) {
    if (!x.dataType().isFPType()) {
      throw new IllegalArgumentException(
          "a tensor of "
              + x.dataType()
              + " and shape "
              + Arrays.toString(x.shape())
              + ": only floats have gradients");
    }
    // A transposed array reports an element-wise stride of 1, so that ND4J's flags will not do.
    boolean dense = x.dataType() == DataType.FLOAT;
    long expected = 1;
    for (int axis = x.rank() - 1; axis >= 0; axis--) {
      dense &= x.size(axis) == 1 || x.stride(axis) == expected;
      expected *= x.size(axis);
    }
    return dense ? x : x.castTo(DataType.FLOAT).dup('c');
  }

  private static FloatBuffer buffer(INDArray dense) {
    FloatPointer pointer = new FloatPointer(dense.data().pointer());
    return pointer.position(dense.offset()).limit(dense.offset() + dense.length()).asBuffer();
  }
}
