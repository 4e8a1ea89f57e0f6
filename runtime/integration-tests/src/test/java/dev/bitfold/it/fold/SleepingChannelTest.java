package dev.bitfold.it.fold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Checks hidden units behind a ReLU that are never active in calibration but become active later.
 */
class SleepingChannelTest {
  private static final int IN = 16;
  private static final int HIDDEN = 32;
  private static final int SLEEPER = 7;

  @QuantizeModel
  record Online(Linear fc1, Linear fc2) {
    INDArray forward(INDArray x) {
      return fc2.forward(Transforms.relu(fc1.forward(x), true));
    }
  }

  @QuantizeModel
  record Folded(@SmoothInto("fc2") Linear fc1, Linear fc2) {
    INDArray forward(INDArray x) {
      return fc2.forward(Transforms.relu(fc1.forward(x), true));
    }
  }

  private static double relative(INDArray expected, INDArray actual) {
    return expected.distance2(actual) / expected.norm2Number().doubleValue();
  }

  /** A model with an outlier channel, and a unit that is {@code relu(4 (x0 + x1) - 17) + faint}. */
  private static Online model(float faint) {
    INDArray first = Arrays.normal(1, HIDDEN, IN).muli(0.3);
    INDArray bias = Nd4j.zeros(DataType.FLOAT, HIDDEN);
    INDArray second = Arrays.normal(2, 8, HIDDEN).muli(0.3);
    first.getRow(SLEEPER).assign(0);
    first.putScalar(SLEEPER, 0, 4f);
    first.putScalar(SLEEPER, 1, 4f);
    bias.putScalar(SLEEPER, -17f);
    first.getRow(3).muli(10);
    second.getColumn(SLEEPER).muli(4);
    return new Online(Linear.of(first, bias.add(faint)), Linear.of(second, null));
  }

  /** Rows that wake the unit, to 3, while no input is larger than in the calibration data. */
  private static INDArray waking() {
    INDArray rows = Arrays.normal(4, 40, IN);
    rows.getColumn(0).assign(2.5);
    rows.getColumn(1).assign(2.5);
    return rows;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void areNoWorseThanWithoutSmoothing(boolean folded) {
    Online online = model(0);
    INDArray data = Arrays.normal(3, 64, IN);
    INDArray rows = waking();
    assertEquals(
        0f, hidden(online, data).getColumn(SLEEPER).maxNumber().floatValue(), "it is asleep");
    assertTrue(hidden(online, rows).getColumn(SLEEPER).minNumber().floatValue() > 2.9);
    double plain;
    double searched;
    double fixed;
    double calibrated;
    if (folded) {
      Folded model = new Folded(online.fc1(), online.fc2());
      Calibration<Folded> c =
          SleepingChannelTest_FoldedQuantizer.of(model).calibrate(List.of(data), Folded::forward);
      UnaryOperator<INDArray> smooth = c.smoothQuant().freeze().model()::forward;
      plain = relative(model.forward(rows), c.freeze().model().forward(rows));
      searched = relative(model.forward(rows), smooth.apply(rows));
      fixed =
          relative(
              model.forward(rows),
              c.smoothQuant(SmoothQuantOptions.alpha(0.5)).freeze().model().forward(rows));
      calibrated = relative(model.forward(data), smooth.apply(data));
    } else {
      Calibration<Online> c =
          SleepingChannelTest_OnlineQuantizer.of(online).calibrate(List.of(data), Online::forward);
      UnaryOperator<INDArray> smooth = c.smoothQuant().freeze().model()::forward;
      plain = relative(online.forward(rows), c.freeze().model().forward(rows));
      searched = relative(online.forward(rows), smooth.apply(rows));
      fixed =
          relative(
              online.forward(rows),
              c.smoothQuant(SmoothQuantOptions.alpha(0.5)).freeze().model().forward(rows));
      calibrated = relative(online.forward(data), smooth.apply(data));
    }
    assertTrue(searched <= 1.02 * plain, "searched alpha: " + searched + ", plain " + plain);
    assertTrue(fixed <= 1.02 * plain, "alpha 0.5: " + fixed + ", plain " + plain);
    assertTrue(calibrated < plain, "smoothing still helps: " + calibrated);
  }

  private static INDArray hidden(Online model, INDArray x) {
    return Transforms.relu(model.fc1().forward(x), true);
  }

  /** As behind a GELU, whose far negative side is not zero. */
  @Test
  void doNotWakeOfATraceOfActivity() {
    INDArray x = Arrays.outliers(5, 64, IN);
    x.getColumn(SLEEPER).muli(1e-5);
    Linear layer = Linear.random(6, 8, IN);
    INDArray awake = x.dup();
    awake.getColumn(SLEEPER).assign(20);
    LinearModel model = new LinearModel(layer);
    Calibration<LinearModel> c =
        SleepingChannelTest_LinearModelQuantizer.of(model)
            .calibrate(List.of(x), LinearModel::forward);
    INDArray expected = model.forward(awake);
    double plain = relative(expected, c.freeze().model().forward(awake));
    for (double alpha : new double[] {0.3, 0.5, 0.8, 1}) {
      INDArray y = c.smoothQuant(SmoothQuantOptions.alpha(alpha)).freeze().model().forward(awake);
      double smooth = relative(expected, y);
      assertTrue(smooth <= 1.1 * plain, "alpha " + alpha + ": " + smooth + ", plain " + plain);
    }
  }

  @QuantizeModel
  record LinearModel(Linear fc) {
    INDArray forward(INDArray x) {
      return fc.forward(x);
    }
  }
}
