package dev.bitfold.calibration;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tells calibration which positions of a batch only pad it. Calibrators, channel statistics and the
 * search for alpha leave these positions out of every tensor [batch, length, …], so that padded and
 * unpadded batches of the same sequences give the same scales.
 *
 * <pre>{@code
 * plan.calibrate(batches, (model, b) -> PaddingMask.during(b.mask(), () -> model.forward(b.ids(), b.mask())));
 * }</pre>
 *
 * <p>A mask counts in the thread that runs {@code during}. Layers that a model calls from other
 * threads see all positions.
 */
public final class PaddingMask {
  private static final ThreadLocal<PaddingMask> CURRENT = new ThreadLocal<>();

  /** The axes of a mask: batch and length. */
  private static final int AXES = 2;

  private final long batch;
  private final long length;
  private final boolean[] kept;
  private final int count;

  /** Whether the first pass of a calibration has seen tensors, and one that this mask is of. */
  private boolean seen;

  private boolean used;
  private long[] other = {};

  private PaddingMask(long batch, long length, boolean[] kept, int count) {
    this.batch = batch;
    this.length = length;
    this.kept = kept;
    this.count = count;
  }

  private static PaddingMask of(INDArray mask) {
    long[] shape = mask.shape();
    if (shape.length != AXES) {
      throw new IllegalArgumentException(
          "a padding mask of shape "
              + Arrays.toString(shape)
              + "; it is [batch, length], 0 where a position is padding");
    }
    boolean[] kept = new boolean[Math.toIntExact(mask.length())];
    int count = 0;
    for (int i = 0; i < kept.length; i++) {
      kept[i] = mask.getDouble(i / shape[1], i % shape[1]) != 0;
      count += kept[i] ? 1 : 0;
    }
    return new PaddingMask(shape[0], shape[1], kept, count);
  }

  /**
   * Runs a forward pass whose padded positions calibration leaves out.
   *
   * @param mask [batch, length] of any type: 0 where a position is padding
   * @throws IllegalArgumentException if the mask has another rank; while a model is calibrated for
   *     the first time, also if no tensor of its layers is [batch, length, …], or if the mask is 0
   *     everywhere
   */
  public static <T> T during(INDArray mask, Supplier<T> forward) {
    return run(mask, forward, true);
  }

  /**
   * Runs a forward pass as {@link #during} does, with a mask that need not be of any tensor. For
   * models that may move batch and length together before their first layer.
   *
   * @throws IllegalArgumentException if the mask has another rank
   */
  public static <T> T whereItFits(INDArray mask, Supplier<T> forward) {
    return run(mask, forward, false);
  }

  private static <T> T run(INDArray mask, Supplier<T> forward, boolean required) {
    Objects.requireNonNull(mask, "mask");
    Objects.requireNonNull(forward, "forward");
    PaddingMask before = CURRENT.get();
    PaddingMask own = of(mask);
    CURRENT.set(own);
    try {
      T result = forward.get();
      if (required && own.seen) {
        own.requireUsed();
      }
      return result;
    } finally {
      if (before == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(before);
      }
    }
  }

  private void requireUsed() {
    String shape = batch + ", " + length;
    if (!used) {
      throw new IllegalArgumentException(
          "a padding mask of shape ["
              + shape
              + "] leaves out nothing: no layer has a tensor ["
              + shape
              + ", …], and one has "
              + Arrays.toString(other)
              + "; a mask is [batch, length], 0 where a position is padding");
    }
    if (count == 0) {
      throw new IllegalArgumentException(
          "a padding mask of shape ["
              + shape
              + "] is 0 everywhere, so that nothing is left to calibrate with; it is 0 where a"
              + " position is padding, and another number elsewhere");
    }
  }

  /**
   * Takes note of a tensor that the first pass of a calibration sees, for engines. It sees the
   * tensors of all layers, so that {@link #during} can tell a mask that is of none of them.
   */
  public static void note(INDArray x, Layout layout) {
    PaddingMask mask = CURRENT.get();
    if (mask != null) {
      mask.seen = true;
      mask.used |= isOf(x, layout);
      if (mask.other.length <= AXES) {
        mask.other = x.shape().clone();
      }
    }
  }

  /** Returns whether the current mask tells of a tensor which of its positions are padding. */
  public static boolean isOf(INDArray x, Layout layout) {
    PaddingMask mask = CURRENT.get();
    return mask != null && mask.fits(x) && areLeading(x, layout);
  }

  /** Returns whether the first two axes may be batch and length: channels are behind them. */
  private static boolean areLeading(INDArray x, Layout layout) {
    return !layout.has('C') || !layout.fits(x.rank()) || layout.axis('C', x.rank()) >= AXES;
  }

  private boolean fits(INDArray x) {
    return x.rank() > AXES && x.size(0) == batch && x.size(1) == length;
  }

  /**
   * Returns a tensor without its padded positions, for engines: {@code [1, positions, …]} for
   * {@code [batch, length, …]}. It is the tensor itself if nothing pads it, or the current mask is
   * not of its shape.
   *
   * @return null if all positions are padding
   */
  public static @Nullable INDArray kept(INDArray x) {
    PaddingMask mask = CURRENT.get();
    if (mask == null || !mask.fits(x) || mask.count == mask.kept.length) {
      return x;
    }
    return mask.count == 0 ? null : mask.gathered(x);
  }

  private INDArray gathered(INDArray x) {
    long[] shape = x.shape().clone();
    int width = Math.toIntExact(x.length() / kept.length);
    float[] values = new float[Math.multiplyExact(count, width)];
    DenseFloats.of(x, "a tensor")
        .use(
            from -> {
              int to = 0;
              for (int i = 0; i < kept.length; i++) {
                if (kept[i]) {
                  from.get(i * width, values, to, width);
                  to += width;
                }
              }
            });
    shape[0] = 1;
    shape[1] = count;
    return DenseFloats.array(values, shape);
  }
}
