package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.SizedTensor;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Finds swapped letters that sizes do not show, as in a square weight. One index of O determines
 * one channel of the output, and one index of I affects all channels. Therefore, float layers are
 * run with one index of a weight changed. If neither axis determines one channel, such as in a
 * layer that normalizes its output, the letters are not judged.
 */
public final class LetterProbe<M> {
  /**
   * The smallest difference that is more than rounding, relative to the largest value of the
   * output.
   */
  private static final double TOLERANCE = 1e-5;

  private final Replay<M> replay;
  private final ModelShape shape;
  private final Replay.Batch<M> batch;

  private LetterProbe(Replay<M> replay, ModelShape shape, Replay.Batch<M> batch) {
    this.replay = replay;
    this.shape = shape;
    this.batch = batch;
  }

  /**
   * Probes weights, each with two or three runs of a batch.
   *
   * @param weights the paths of the weights whose axes O and I sizes cannot tell apart
   * @throws CalibrationException if the letters of a weight are swapped; the message names the
   *     weight
   */
  public static <M> void check(
      Replay<M> replay, ModelShape shape, Replay.Batch<M> batch, Set<String> weights) {
    LetterProbe<M> probe = new LetterProbe<>(replay, shape, batch);
    for (String path : weights) {
      probe.check(shape.site(path));
    }
  }

  private void check(TensorSite weight) {
    Optional<TensorSite> input = input(shape.layer(weight));
    if (input.isEmpty()) {
      return;
    }
    FloatCalls calls = new FloatCalls(Map.of(weight.layer(), input.get()));
    batch.run(replay.rebuild(State.FLOAT, new FloatCalls.Recorder(calls)));
    if (!givesOneChannel(weight, 'O', calls) && givesOneChannel(weight, 'I', calls)) {
      throw new CalibrationException(
          weight.describe(shape.tensor(weight), null)
              + ": its letters are swapped: one index of its axis O affects all of the layer's"
              + " output, and one index of its axis I affects a single channel; write layout = \""
              + SizedTensor.of(weight, shape.tensor(weight)).swapped().layout()
              + "\"");
    }
  }

  private static Optional<TensorSite> input(ModelShape.Layer layer) {
    for (LayerTensor tensor : layer.type().tensors().values()) {
      if (tensor.role() == TensorRole.INPUT) {
        return Optional.of(layer.site(tensor));
      }
    }
    return Optional.empty();
  }

  /**
   * Returns whether changing one index of a weight's axis changes only one index of some axis of
   * the output.
   */
  private boolean givesOneChannel(TensorSite weight, char letter, FloatCalls calls) {
    INDArray held = shape.tensor(weight);
    int axis = weight.tensor().layout().axis(letter, held.rank());
    INDArray changed = held.dup('c');
    changed.get(at(held.rank(), axis, held.size(axis) / 2)).addi(1);
    State state = State.FLOAT.withSmoothing(Map.of(), Map.of(weight.path(), changed));
    List<Boolean> single = Collections.synchronizedList(new ArrayList<>());
    FloatCalls.Judge judge =
        new FloatCalls.Judge(
            calls,
            (layer, expected, actual) -> single.add(isOneOf(expected, actual, held.size(axis))));
    batch.run(replay.rebuild(state, judge));
    return !single.isEmpty() && !single.contains(false);
  }

  private static INDArrayIndex[] at(int rank, int axis, long index) {
    INDArrayIndex[] all = new INDArrayIndex[rank];
    for (int i = 0; i < rank; i++) {
      all[i] = i == axis ? NDArrayIndex.point(index) : NDArrayIndex.all();
    }
    return all;
  }

  /** Returns whether all differences lie at one index of an axis of this size. */
  private static boolean isOneOf(INDArray expected, INDArray actual, long size) {
    if (!Arrays.equals(expected.shape(), actual.shape())) {
      return false;
    }
    float[] before = DenseFloats.of(expected, "an output").copy();
    float[] after = DenseFloats.of(actual, "an output").copy();
    long[] shape = expected.shape();
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] == size && changedIndexes(before, after, stride, size) == 1) {
        return true;
      }
      stride *= shape[axis];
    }
    return false;
  }

  private static long changedIndexes(float[] before, float[] after, long stride, long size) {
    float largest = 0;
    for (float value : before) {
      largest = Math.max(largest, Math.abs(value));
    }
    BitSet changed = new BitSet();
    for (int i = 0; i < before.length; i++) {
      if (Math.abs(after[i] - before[i]) > TOLERANCE * largest) {
        changed.set((int) (i / stride % size));
      }
    }
    return changed.cardinality();
  }
}
