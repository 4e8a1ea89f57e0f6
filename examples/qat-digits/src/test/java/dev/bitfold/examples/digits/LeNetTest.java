package dev.bitfold.examples.digits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Training;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.Gradients;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class LeNetTest {
  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.FLOAT, shape).subi(0.5);
  }

  @Test
  void theConvolutionIsNd4jsInBothDirections() {
    Nd4j.getRandom().setSeed(3);
    INDArray x = random(3, 2, 9, 8);
    INDArray weight = random(4, 2, 5, 3);
    INDArray bias = random(4);
    INDArray gradient = random(3, 4, 5, 6);
    Conv2d conv = new Conv2d(weight, bias);

    assertClose(run("conv2d", x, weight, bias)[0], conv.forward(x));
    INDArray[] expected = run("conv2d_bp", x, weight, bias, gradient);
    Gradients actual = conv.backward(x, gradient);
    assertClose(expected[0], actual.input());
    assertClose(expected[1], actual.parameter("weight"));
    assertClose(expected[2], actual.parameter("bias"));
  }

  private static INDArray[] run(String op, INDArray... inputs) {
    return Nd4j.exec(
        DynamicCustomOp.builder(op)
            .addInputs(inputs)
            .addIntegerArguments(5, 3, 1, 1, 0, 0, 1, 1, 0, 0, 1)
            .build());
  }

  private static void assertClose(INDArray expected, INDArray actual) {
    assertEquals(0, expected.sub(actual).amaxNumber().doubleValue(), 1e-4);
  }

  @Test
  void gradientsAreCentralDifferences() throws Exception {
    LeNet net = LeNet.random(1);
    Digits.Batch batch = Digits.load().train(4, 4).get(0);
    Map<String, Gradients> gradients = net.learn(batch).gradients();
    check(net, batch, net.conv1().weight(), gradients.get("conv1").parameter("weight"));
    check(net, batch, net.conv2().bias(), gradients.get("conv2").parameter("bias"));
    check(net, batch, net.fc2().weight(), gradients.get("fc2").parameter("weight"));
  }

  private static void check(LeNet net, Digits.Batch batch, INDArray value, INDArray gradient) {
    for (long i = 0; i < value.length(); i += Math.max(1, value.length() / 5)) {
      float before = value.getFloat(i);
      value.putScalar(i, before + 1e-2f);
      double up = net.learn(batch).loss();
      value.putScalar(i, before - 1e-2f);
      double down = net.learn(batch).loss();
      value.putScalar(i, before);
      assertEquals((up - down) / 2e-2, gradient.dup('c').getFloat(i), 2e-2);
    }
  }

  @Test
  void twoBitsLearn(@TempDir Path folder) throws Exception {
    Digits digits = Digits.load();
    LeNet net = LeNet.random(2);
    FloatTraining floats = new FloatTraining(net, new Adam(2e-3));
    List<Digits.Batch> batches = digits.train(2000, 100);
    for (int epoch = 0; epoch < 3; epoch++) {
      batches.forEach(floats::step);
    }
    Experiment.Length length = new Experiment.Length(2000, 1, 2);
    Experiment experiment =
        new Experiment(digits, length, 1, new Experiment.Checkpoints(folder, false));
    double before = experiment.ptq(net, 2).accuracy();
    double after = experiment.qat(net, 2, Ste.LSQ).accuracy();
    assertTrue(after > before + 10, "from " + before + " to " + after);
  }

  @Test
  void trainingThatStopsAfterEachEpochEndsAsTheOneThatDoesNot(@TempDir Path folder)
      throws Exception {
    Digits digits = Digits.load();
    Experiment.Length length = new Experiment.Length(500, 1, 3);
    LeNet net = LeNet.random(2);
    List<Experiment.Trained> trained = new ArrayList<>();
    for (boolean stopping : new boolean[] {false, true}) {
      Experiment.Checkpoints checkpoints = new Experiment.Checkpoints(folder, stopping);
      trained.add(new Experiment(digits, length, 1, checkpoints).qat(net, 4, Ste.LSQ));
    }
    assertEquals(trained.get(0), trained.get(1));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void theDeployedNetIsTheTrainedOne() throws Exception {
    Digits digits = Digits.load();
    LeNet net = LeNet.random(2);
    List<INDArray> images = List.of(digits.train(100, 100).get(0).images());
    Training<LeNet> training =
        LeNetQuantizer.of(net)
            .describe("fc1.weight", QuantDescriptor.bits(3))
            .calibrate(images, LeNet::forward)
            .train(new Adam(1e-3));
    digits.train(500, 100).forEach(batch -> training.step(model -> model.learn(batch).loss()));
    assertEquals(
        training.model().forward(images.get(0)).toStringFull(),
        training.freeze().model().forward(images.get(0)).toStringFull());
  }
}
