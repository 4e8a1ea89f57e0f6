package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.Bits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Checks that the model that is rebuilt from its own float tensors gives the same bits as the model
 * itself. It does not if a layer holds something that its constructor does not take, or if a layer
 * writes to an input that is read again.
 */
public final class Faithfulness {
  /** The largest effect of another order of sums, relative to the output. */
  private static final double ROUNDING = 1e-4;

  private Faithfulness() {}

  /**
   * Checks that the rebuilt model gives the same output as the model.
   *
   * @param rebuilt the output of the rebuilt model for the batch
   * @throws CalibrationException if the outputs differ; the message names the layer class
   */
  public static <M> void check(
      Replay<M> replay, ModelShape shape, Replay.Batch<M> batch, INDArray rebuilt) {
    INDArray original = batch.run(replay.model());
    if (Bits.same(original, rebuilt)) {
      checkInputs(replay, shape, batch, original);
      return;
    }
    if (!Bits.same(original, batch.run(replay.model()))) {
      throw new CalibrationException(
          "running a batch again gives another output: the model's forward must be"
              + " deterministic, and must not change the batch");
    }
    String culprit =
        shape.layers().values().stream()
            .filter(layer -> !sameWith(replay, batch, original, layer.path()))
            .findFirst()
            .map(layer -> layer.path() + " (" + layer.type().type().getName() + ")")
            .orElse("a model class");
    throw new CalibrationException(
        "rebuilding the model from its own float tensors changes its output ("
            + Arrays.toString(original.shape())
            + "); the first to change it is "
            + culprit
            + ": it holds something that no constructor parameter carries");
  }

  /** Returns whether the model still gives the same bits for a batch after later batches. */
  public static <M> boolean gives(Replay<M> replay, Replay.Batch<M> batch, INDArray output) {
    try {
      return Bits.same(output, batch.run(replay.model()));
    } catch (CalibrationException e) {
      // The array can no longer be read, for example because it was closed.
      return false;
    }
  }

  /**
   * Checks that copies of the inputs do not change the output, because a quantized layer that
   * writes to its input writes to a copy.
   */
  private static <M> void checkInputs(
      Replay<M> replay, ModelShape shape, Replay.Batch<M> batch, INDArray original) {
    if (isNear(original, batch.run(replay.rebuild(State.FLOAT, copying(null))))) {
      return;
    }
    String culprit =
        shape.layers().values().stream()
            .filter(
                layer -> {
                  M copied = replay.rebuild(State.FLOAT, copying(layer.path()));
                  return !isNear(original, batch.run(copied));
                })
            .findFirst()
            .map(layer -> layer.path() + " (" + layer.type().type().getName() + ")")
            .orElse("a layer");
    throw new CalibrationException(
        culprit
            + " writes to its input, which something else reads afterwards; when quantized, it"
            + " would write to a copy, and the model's output would change: let it make a new array");
  }

  /**
   * Returns whether the outputs are equal except for rounding; a copy may be summed in another
   * order.
   */
  private static boolean isNear(INDArray original, INDArray copied) {
    return !(Distortion.of(original, copied).relative() > ROUNDING);
  }

  /** Returns a tap that passes inputs on as copies: all of them, or those of the given layer. */
  private static Tap copying(@Nullable String layer) {
    return new Tap() {
      @Override
      public INDArray input(TensorSite site, INDArray x) {
        return layer == null || layer.equals(site.layer()) ? x.dup() : x;
      }

      @Override
      public INDArray output(TensorSite site, INDArray y) {
        return y;
      }
    };
  }

  private static <M> boolean sameWith(
      Replay<M> replay, Replay.Batch<M> batch, INDArray original, String layer) {
    return Bits.same(original, batch.run(replay.rebuildOnly(layer)));
  }
}
