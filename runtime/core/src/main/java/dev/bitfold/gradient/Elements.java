package dev.bitfold.gradient;

import dev.bitfold.tensor.DenseFloats;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes on the elements of tensors in chunks. Large tensors are computed on several threads,
 * with the same result.
 */
final class Elements {
  /** The largest number of elements in a chunk. */
  static final int CHUNK = 2048;

  /** The number of elements below which a second thread does not pay. */
  private static final int PART = 1 << 17;

  /** Computes one part of a tensor, chunk by chunk, on one thread. */
  interface Part {
    /**
     * Computes one chunk.
     *
     * @param start the index of the chunk's first element in the tensor, in c order
     * @param length the number of elements, from index 0 in the arrays
     */
    void compute(int start, int length, float[] x, float[] gradient, float[] out);
  }

  /**
   * Holds a result.
   *
   * @param out the tensor, in the input's shape
   * @param parts the parts in the tensor's order; their number depends only on the tensor's size
   */
  record Result<P extends Part>(INDArray out, List<P> parts) {}

  private Elements() {}

  /**
   * Returns a tensor of {@code x}'s shape that is computed from {@code x} and the gradient of the
   * output.
   *
   * @param newPart makes a part with memory of its own; called on any thread
   */
  static <P extends Part> Result<P> map(INDArray x, INDArray gradient, Supplier<P> newPart) {
    requireSameShape(x, gradient);
    if (x.isEmpty()) {
      return new Result<>(DenseFloats.array(new float[0], x.shape()), List.of());
    }
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    DenseFloats input = DenseFloats.of(x, "an input");
    DenseFloats output = DenseFloats.of(gradient, "a gradient");
    List<P> done = new ArrayList<>();
    input.use(
        from ->
            output.use(
                fromGradient ->
                    out.use(
                        to -> done.addAll(parts(x.length(), newPart, from, fromGradient, to)))));
    return new Result<>(out.array(), done);
  }

  static void requireSameShape(INDArray x, INDArray gradient) {
    if (!Arrays.equals(x.shape(), gradient.shape())) {
      throw new IllegalArgumentException(
          "an input of shape "
              + Arrays.toString(x.shape())
              + " and a gradient of shape "
              + Arrays.toString(gradient.shape()));
    }
  }

  private static <P extends Part> List<P> parts(
      long elements, Supplier<P> newPart, FloatBuffer x, FloatBuffer gradient, FloatBuffer out) {
    IntStream parts = IntStream.rangeClosed(0, (int) ((elements - 1) / PART));
    return (elements < 2 * PART ? parts : parts.parallel())
        .mapToObj(
            i -> {
              int end = (int) Math.min(elements, (i + 1L) * PART);
              return run(newPart.get(), i * PART, end, x, gradient, out);
            })
        .toList();
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
    return DenseFloats.of(array, "a parameter").copy();
  }
}
