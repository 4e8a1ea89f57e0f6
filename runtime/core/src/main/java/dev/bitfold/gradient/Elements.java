package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes on the elements of tensors in chunks; large ones on several threads, with the same
 * result.
 */
final class Elements {
  /** Elements of a chunk, at most. */
  static final int CHUNK = 2048;

  /** Tensors of fewer elements are not worth a second thread. */
  private static final int PART = 1 << 17;

  /** Computes one part of a tensor, chunk by chunk, on one thread. */
  interface Part {
    /**
     * Computes one chunk.
     *
     * @param start the index of its first element in the tensor, in c order
     * @param length its elements, from 0 in the arrays
     */
    void compute(int start, int length, float[] x, float[] gradient, float[] out);
  }

  /**
   * What was computed.
   *
   * @param out of the input's shape
   * @param parts in the tensor's order; how many there are depends on its size alone
   */
  record Result<P extends Part>(INDArray out, List<P> parts) {}

  private Elements() {}

  /** The groups of a tensor. */
  static Groups groups(Quantizer quantizer, INDArray x) {
    return Groups.of(x.shape(), quantizer.blocks(x.rank()));
  }

  /**
   * A tensor of {@code x}'s shape, computed from it and the gradient of the output.
   *
   * @param newPart a part with memory of its own; called on any thread
   */
  static <P extends Part> Result<P> map(INDArray x, INDArray gradient, Supplier<P> newPart) {
    if (!Arrays.equals(x.shape(), gradient.shape())) {
      throw new IllegalArgumentException(
          "an input of shape "
              + Arrays.toString(x.shape())
              + " and a gradient of shape "
              + Arrays.toString(gradient.shape()));
    }
    if (x.isEmpty()) {
      return new Result<>(Nd4j.create(DataType.FLOAT, x.shape()), List.of());
    }
    INDArray out =
        x.rank() == 0 ? Nd4j.scalar(0f) : Nd4j.createUninitialized(DataType.FLOAT, x.shape(), 'c');
    INDArray denseX = dense(x);
    INDArray denseGradient = dense(gradient);
    try {
      FloatBuffer from = buffer(denseX);
      FloatBuffer fromGradient = buffer(denseGradient);
      FloatBuffer to = buffer(out);
      int elements = (int) x.length();
      IntStream parts = IntStream.range(0, (elements - 1) / PART + 1);
      List<P> done =
          (elements < 2 * PART ? parts : parts.parallel())
              .mapToObj(
                  i -> {
                    int start = i * PART;
                    int end = Math.min(elements - start, PART) + start;
                    return run(newPart.get(), start, end, from, fromGradient, to);
                  })
              .toList();
      return new Result<>(out, done);
    } finally {
      // A buffer does not keep the array alive whose memory it reads.
      Reference.reachabilityFence(denseX);
      Reference.reachabilityFence(denseGradient);
      Reference.reachabilityFence(out);
    }
  }

  private static <P extends Part> P run(
      P part, int from, int end, FloatBuffer x, FloatBuffer gradient, FloatBuffer out) {
    float[] a = new float[CHUNK];
    float[] b = new float[CHUNK];
    float[] c = new float[CHUNK];
    for (int start = from; start < end; start += CHUNK) {
      int length = Math.min(CHUNK, end - start);
      x.get(start, a, 0, length);
      gradient.get(start, b, 0, length);
      part.compute(start, length, a, b, c);
      out.put(start, c, 0, length);
    }
    return part;
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
