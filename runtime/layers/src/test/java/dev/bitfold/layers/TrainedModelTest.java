package dev.bitfold.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layers.model.ImageNet;
import dev.bitfold.layers.model.ImageNetQuantizer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** A whole model of ready-made layers, trained with its quantizers in place. */
@Tag("slow")
@Tag("any-jdk")
class TrainedModelTest {
  private static INDArray random(Random random, double scale, long... shape) {
    return Tensors.random(random, DataType.FLOAT, shape).mul(scale);
  }

  private static ImageNet net() {
    Random random = new Random(11);
    return new ImageNet(
        new Conv2d(random(random, 0.5, 4, 1, 3, 3), Nd4j.zeros(DataType.FLOAT, 4)),
        new BatchNorm(ones(4), zeros(4), zeros(4), ones(4), 1e-5),
        new LayerNorm(ones(64), zeros(64), 1e-5),
        new Linear(random(random, 0.2, 16, 64), zeros(16)),
        new RMSNorm(ones(16), 1e-5),
        new Linear(random(random, 0.3, 4, 16), zeros(4)));
  }

  private static INDArray ones(long length) {
    return Nd4j.ones(DataType.FLOAT, length);
  }

  private static INDArray zeros(long length) {
    return Nd4j.zeros(DataType.FLOAT, length);
  }

  /** Images with one bright quarter: the class. */
  private record Data(INDArray images, INDArray wanted) {
    static Data of(long seed, int count) {
      Random random = new Random(seed);
      INDArray images = random(random, 1, count, 1, 6, 6);
      INDArray wanted = Nd4j.zeros(DataType.FLOAT, count, 4);
      for (int i = 0; i < count; i++) {
        int quarter = random.nextInt(4);
        wanted.putScalar(i, quarter, 1);
        for (int p = 0; p < 9; p++) {
          int row = quarter / 2 * 3 + p / 3;
          int column = quarter % 2 * 3 + p % 3;
          images.putScalar(new int[] {i, 0, row, column}, 1 + random.nextDouble());
        }
      }
      return new Data(images, wanted);
    }
  }

  @Test
  void learnsAtFourBitsAndIsDeployedAsItIs() {
    QuantDescriptor weight =
        QuantDescriptor.builder().bits(4).per("O").calib(Calib.MSE).ste(Ste.LSQ).build();
    QuantDescriptor input = QuantDescriptor.builder().bits(4).calib(Calib.MSE).ste(Ste.LSQ).build();
    Plan<ImageNet> plan = ImageNetQuantizer.of(net());
    for (String layer : List.of("conv", "hidden", "head")) {
      plan = plan.describe(layer + ".weight", weight).describe(layer + ".x", input);
    }
    Data data = Data.of(1, 64);
    Training<ImageNet> training =
        plan.calibrate(List.of(data.images()), ImageNet::forward).train(new Adam(5e-3));
    double first = training.step(net -> net.learn(data.images(), data.wanted()));
    double last = first;
    for (int step = 0; step < 80; step++) {
      last = training.step(net -> net.learn(data.images(), data.wanted()));
    }
    assertTrue(last < first / 3, "from " + first + " to " + last);
    for (String path : List.of("norm.weight", "scale.weight", "batchNorm.weight", "head.x.amax")) {
      assertTrue(training.parameters().containsKey(path), training.parameters().keySet()::toString);
    }
    INDArray unseen = Data.of(2, 20).images();
    assertEquals(
        training.model().forward(unseen).toStringFull(),
        training.freeze().model().forward(unseen).toStringFull());
  }
}
