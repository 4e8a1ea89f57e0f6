package dev.bitfold.toy;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A convolution of any number of spatial axes as a formula, in doubles: each product of an input
 * with a weight is added to the output that it belongs to.
 */
public class ToyConvolution {
  /**
   * How the kernel moves.
   *
   * @param before for each axis the zeros in front of the input; transposed, the outputs cut off
   * @param after the same behind it
   * @param mirrored whether the input is continued by its mirror image in place of zeros
   */
  public record Movement(
      List<Integer> stride,
      List<Integer> dilation,
      List<Integer> before,
      List<Integer> after,
      boolean transposed,
      boolean channelsLast,
      boolean mirrored) {
    public static Movement of(
        List<Integer> stride, List<Integer> dilation, List<Integer> before, List<Integer> after) {
      return new Movement(stride, dilation, before, after, false, false, false);
    }

    public Movement asTransposed() {
      return new Movement(stride, dilation, before, after, true, channelsLast, mirrored);
    }

    public Movement withChannelsLast() {
      return new Movement(stride, dilation, before, after, transposed, true, mirrored);
    }

    public Movement withMirror() {
      return new Movement(stride, dilation, before, after, transposed, channelsLast, true);
    }
  }

  private final INDArray weight;
  private final INDArray bias;
  private final Movement movement;

  /**
   * @param weight [out, in / groups, kernel...], or, transposed, [in, out, kernel...]
   */
  public ToyConvolution(INDArray weight, INDArray bias, Movement movement) {
    this.weight = weight;
    this.bias = bias;
    this.movement = movement;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public Movement movement() {
    return movement;
  }

  public INDArray forward(INDArray x) {
    INDArray first = movement.channelsLast() ? toFirst(x) : x;
    INDArray y = movement.transposed() ? scattered(first) : gathered(first);
    return movement.channelsLast() ? toLast(y) : y;
  }

  private static INDArray toFirst(INDArray x) {
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i == 0 ? 0 : i == 1 ? order.length - 1 : i - 1;
    }
    return x.permute(order).dup('c');
  }

  private static INDArray toLast(INDArray x) {
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i == 0 ? 0 : i == order.length - 1 ? 1 : i + 1;
    }
    return x.permute(order).dup('c');
  }

  private INDArray gathered(INDArray x) {
    long[] shape = x.shape().clone();
    shape[1] = weight.size(0);
    for (int a = 0; a < shape.length - 2; a++) {
      long padded = x.size(a + 2) + movement.before().get(a) + movement.after().get(a);
      shape[a + 2] =
          (padded - movement.dilation().get(a) * (weight.size(a + 2) - 1) - 1)
                  / movement.stride().get(a)
              + 1;
    }
    INDArray y = Nd4j.zeros(shape);
    long groups = x.size(1) / weight.size(1);
    long perGroup = weight.size(0) / groups;
    forEach(
        shape,
        at ->
            forEach(
                weightShape(1),
                tap -> {
                  long[] from = at.clone();
                  from[1] = at[1] / perGroup * weight.size(1) + tap[0];
                  for (int a = 0; a < at.length - 2; a++) {
                    long size = x.size(a + 2);
                    from[a + 2] =
                        at[a + 2] * movement.stride().get(a)
                            - movement.before().get(a)
                            + tap[a + 1] * movement.dilation().get(a);
                    if (movement.mirrored()) {
                      from[a + 2] = Math.abs(from[a + 2]);
                      from[a + 2] = size - 1 - Math.abs(size - 1 - from[a + 2]);
                    }
                    if (from[a + 2] < 0 || from[a + 2] >= size) {
                      return;
                    }
                  }
                  add(y, at, x.getDouble(from) * weight.getDouble(joined(at[1], tap)));
                }));
    return withBias(y);
  }

  private INDArray scattered(INDArray x) {
    long[] shape = x.shape().clone();
    shape[1] = weight.size(1);
    for (int a = 0; a < shape.length - 2; a++) {
      shape[a + 2] =
          (x.size(a + 2) - 1) * movement.stride().get(a)
              + movement.dilation().get(a) * (weight.size(a + 2) - 1)
              + 1
              - movement.before().get(a)
              - movement.after().get(a);
    }
    INDArray y = Nd4j.zeros(shape);
    forEach(
        x.shape(),
        from ->
            forEach(
                weightShape(1),
                tap -> {
                  long[] at = from.clone();
                  at[1] = tap[0];
                  for (int a = 0; a < at.length - 2; a++) {
                    at[a + 2] =
                        from[a + 2] * movement.stride().get(a)
                            - movement.before().get(a)
                            + tap[a + 1] * movement.dilation().get(a);
                    if (at[a + 2] < 0 || at[a + 2] >= shape[a + 2]) {
                      return;
                    }
                  }
                  add(y, at, x.getDouble(from) * weight.getDouble(joined(from[1], tap)));
                }));
    return withBias(y);
  }

  private static void add(INDArray y, long[] at, double value) {
    y.putScalar(at, y.getDouble(at) + value);
  }

  private INDArray withBias(INDArray y) {
    forEach(y.shape(), at -> add(y, at, bias.getDouble(at[1])));
    return y;
  }

  /** The shape of the weight from an axis on. */
  private long[] weightShape(int from) {
    return Arrays.copyOfRange(weight.shape(), from, weight.rank());
  }

  private static long[] joined(long first, long[] others) {
    long[] all = new long[others.length + 1];
    all[0] = first;
    System.arraycopy(others, 0, all, 1, others.length);
    return all;
  }

  private static void forEach(long[] shape, Consumer<long[]> action) {
    long[] at = new long[shape.length];
    while (true) {
      action.accept(at);
      int axis = shape.length - 1;
      while (axis >= 0 && ++at[axis] == shape[axis]) {
        at[axis--] = 0;
      }
      if (axis < 0) {
        return;
      }
    }
  }
}
