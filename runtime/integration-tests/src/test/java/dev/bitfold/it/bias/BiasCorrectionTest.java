package dev.bitfold.it.bias;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.it.bias.Layers.ActivatedModel;
import dev.bitfold.it.bias.Layers.Both;
import dev.bitfold.it.bias.Layers.InnerModel;
import dev.bitfold.it.bias.Layers.PlainModel;
import dev.bitfold.it.bias.Layers.PooledModel;
import dev.bitfold.it.bias.Layers.TurningModel;
import dev.bitfold.it.bias.Layers.TwoModel;
import dev.bitfold.it.layers.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Compares corrected biases with the mean outputs of the float and the quantized model. */
class BiasCorrectionTest {
  /** Batches of several sizes, so that a mean of means is not the mean. */
  private static List<INDArray> batches(long... shape) {
    long[] longer = shape.clone();
    longer[0] *= 3;
    return List.of(
        Arrays.normal(3, shape).addi(1),
        Arrays.normal(4, longer).addi(1.5),
        Arrays.normal(5, shape).addi(0.5));
  }

  private static <M> void correctsEachChannel(
      Plan<M> plan,
      M model,
      BiFunction<M, INDArray, INDArray> forward,
      Function<M, INDArray> bias,
      List<INDArray> batches,
      int axis) {
    Calibration<M> calibration = plan.calibrate(batches, forward::apply);
    M plain = calibration.freeze().model();
    M corrected = calibration.correctBiases().freeze().model();
    int channels = (int) bias.apply(model).length();
    double[] before = meanErrors(model, plain, forward, batches, axis, channels);
    double[] after = meanErrors(model, corrected, forward, batches, axis, channels);
    INDArray held = bias.apply(model);
    INDArray got = bias.apply(corrected);
    double largest = 0;
    for (int c = 0; c < channels; c++) {
      assertEquals(held.getFloat(c) + before[c], got.getFloat(c), 1e-5, "bias " + c);
      assertEquals(0, after[c], 1e-5, "mean error of channel " + c);
      largest = Math.max(largest, Math.abs(before[c]));
    }
    assertTrue(largest > 0.01, "there was something to correct: " + largest);
  }

  /** Sums element by element. */
  private static <M> double[] meanErrors(
      M model,
      M other,
      BiFunction<M, INDArray, INDArray> forward,
      List<INDArray> batches,
      int axis,
      int channels) {
    double[] sums = new double[channels];
    long count = 0;
    for (INDArray x : batches) {
      INDArray difference = forward.apply(model, x).sub(forward.apply(other, x));
      for (int c = 0; c < channels; c++) {
        sums[c] +=
            channels == 1 && axis < 0
                ? difference.sumNumber().doubleValue()
                : difference.slice(c, axis).sumNumber().doubleValue();
      }
      count += difference.length() / channels;
    }
    for (int c = 0; c < channels; c++) {
      sums[c] /= count;
    }
    return sums;
  }

  @Test
  void whereTheOutputHasAnotherRankThanTheInput() {
    PooledModel model =
        new PooledModel(new Layers.Pooled(Arrays.normal(1, 4, 3), Arrays.normal(2, 4)));
    correctsEachChannel(
        Layers_PooledModelQuantizer.of(model),
        model,
        PooledModel::forward,
        m -> m.layer().bias,
        batches(8, 3, 5, 5),
        1);
  }

  /** The channels are not last, as those of the input are; tokens are as many as channels. */
  @ParameterizedTest
  @ValueSource(ints = {5, 4})
  void whereTheOutputsChannelsAreOnAnotherAxis(int tokens) {
    TurningModel model =
        new TurningModel(new Layers.Turning(Arrays.normal(1, 3, 4), Arrays.normal(2, 4)));
    correctsEachChannel(
        Layers_TurningModelQuantizer.of(model),
        model,
        TurningModel::forward,
        m -> m.layer().bias,
        batches(4, tokens, 3),
        1);
  }

  @Test
  void whereTheInputHasNoLayout() {
    PlainModel model =
        new PlainModel(new Layers.Plain(Arrays.normal(1, 4, 3), Arrays.normal(2, 1, 4)));
    correctsEachChannel(
        Layers_PlainModelQuantizer.of(model),
        model,
        PlainModel::forward,
        m -> m.layer().bias,
        batches(4, 3),
        1);
  }

  @Test
  void whereTheOutputIsOneNumberARow() {
    PlainModel model =
        new PlainModel(new Layers.Plain(Arrays.normal(1, 1, 3), Arrays.normal(2, 1, 1)));
    correctsEachChannel(
        Layers_PlainModelQuantizer.of(model),
        model,
        PlainModel::forward,
        m -> m.layer().bias,
        batches(4, 3),
        1);
  }

  @Test
  void thatOfTheOutputWhereThereAreTwo() {
    TwoModel model =
        new TwoModel(
            new Layers.Two(
                Arrays.normal(1, 4, 7),
                Arrays.normal(2, 5),
                Arrays.normal(3, 7, 5),
                Arrays.normal(4, 7)));
    correctsEachChannel(
        Layers_TwoModelQuantizer.of(model),
        model,
        TwoModel::forward,
        m -> m.layer().ofOutput,
        batches(6, 4),
        1);
    List<INDArray> batches = batches(6, 4);
    assertEquals(
        model.layer().ofHidden,
        Layers_TwoModelQuantizer.of(model)
            .calibrate(batches, TwoModel::forward)
            .correctBiases()
            .freeze()
            .model()
            .layer()
            .ofHidden);
  }

  /** As many hidden units as outputs: the length of a bias does not tell which one it is. */
  @Test
  void thatOfTheOutputWhereBothAreOfOneLength() {
    TwoModel model =
        new TwoModel(
            new Layers.Two(
                Arrays.normal(1, 4, 5),
                Arrays.normal(2, 5),
                Arrays.normal(3, 5, 5),
                Arrays.normal(4, 5)));
    correctsEachChannel(
        Layers_TwoModelQuantizer.of(model),
        model,
        TwoModel::forward,
        m -> m.layer().ofOutput,
        batches(5, 4),
        1);
  }

  private static Layers.Inner inner() {
    return new Layers.Inner(Arrays.normal(1, 4, 7), Arrays.normal(2, 7), Arrays.normal(3, 7, 5));
  }

  @Test
  void aBiasInsideALayerIsRefusedByName() {
    Calibration<InnerModel> calibration =
        Layers_InnerModelQuantizer.of(new InnerModel(inner()))
            .calibrate(batches(6, 4), InnerModel::forward);
    String message =
        assertThrows(IllegalStateException.class, calibration::correctBiases).toString();
    assertTrue(message.contains("layer.bias (Inner, FLOAT [7], layout O)"), message);
    assertTrue(message.contains("not added to the layer's output"), message);
  }

  @Test
  void aBiasInsideALayerStaysAsItIsBesideOthers() {
    Both model =
        new Both(inner(), new Layers.Plain(Arrays.normal(4, 3, 5), Arrays.normal(5, 1, 3)));
    Both corrected =
        Layers_BothQuantizer.of(model)
            .calibrate(batches(6, 4), Both::forward)
            .correctBiases()
            .freeze()
            .model();
    assertEquals(model.inner().bias, corrected.inner().bias);
    assertTrue(model.plain().bias.distance2(corrected.plain().bias) > 0.01);
  }

  /** The error behind a ReLU is a part of that before it, so that no channel becomes worse. */
  @Test
  void behindAnActivationEachChannelsMeanErrorBecomesSmaller() {
    ActivatedModel model =
        new ActivatedModel(new Layers.Activated(Arrays.normal(1, 4, 6), Arrays.normal(2, 6)));
    List<INDArray> batches = batches(20, 4);
    Calibration<ActivatedModel> calibration =
        Layers_ActivatedModelQuantizer.of(model).calibrate(batches, ActivatedModel::forward);
    double[] before =
        meanErrors(model, calibration.freeze().model(), ActivatedModel::forward, batches, 1, 6);
    double[] after =
        meanErrors(
            model,
            calibration.correctBiases().freeze().model(),
            ActivatedModel::forward,
            batches,
            1,
            6);
    for (int c = 0; c < 6; c++) {
      double bound = Math.max(1e-4, Math.abs(before[c]));
      assertTrue(Math.abs(after[c]) <= bound, "channel " + c + ": " + after[c]);
    }
    double sum = java.util.Arrays.stream(before).map(Math::abs).sum();
    assertTrue(java.util.Arrays.stream(after).map(Math::abs).sum() < 0.6 * sum);
  }
}
