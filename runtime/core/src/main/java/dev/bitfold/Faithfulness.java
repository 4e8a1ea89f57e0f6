package dev.bitfold;

import dev.bitfold.state.Bits;
import dev.bitfold.state.ModelShape;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Checks that the model rebuilt from its own float tensors is the model: it must give the same
 * bits. It would not if a layer kept something that its constructor does not carry.
 */
final class Faithfulness {
  private Faithfulness() {}

  /**
   * @param rebuilt what the rebuilt model gave for the batch
   * @throws CalibrationException if the model gives something else; it names the layer class
   */
  static <M> void check(
      Replay<M> replay, ModelShape shape, Replay.Batch<M> batch, INDArray rebuilt) {
    INDArray original = batch.run(replay.model());
    if (Bits.same(original, rebuilt)) {
      return;
    }
    if (!Bits.same(original, batch.run(replay.model()))) {
      throw new CalibrationException(
          "the model gives another output when a batch is run again: its forward must be"
              + " deterministic");
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
            + "); the first that changes it is "
            + culprit
            + ": it holds something that no constructor parameter carries");
  }

  private static <M> boolean sameWith(
      Replay<M> replay, Replay.Batch<M> batch, INDArray original, String layer) {
    return Bits.same(original, batch.run(replay.rebuildOnly(layer)));
  }
}
