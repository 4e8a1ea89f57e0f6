package dev.bitfold.examples.digits;

import dev.bitfold.layer.Gradients;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Trains the float network: cross-entropy and Adam, on the layers' own derivatives. */
final class Training {
  private static final double LEARNING_RATE = 1e-3;
  private static final int BATCH = 50;

  private final LeNet net;
  private final List<Parameter> parameters;
  private int iteration;

  private Training(LeNet net) {
    this.net = net;
    this.parameters =
        List.of(
            new Parameter(net.conv1().weight()),
            new Parameter(net.conv1().bias()),
            new Parameter(net.conv2().weight()),
            new Parameter(net.conv2().bias()),
            new Parameter(net.fc1().weight()),
            new Parameter(net.fc1().bias()),
            new Parameter(net.fc2().weight()),
            new Parameter(net.fc2().bias()));
  }

  /** A network trained from a seed; the same every time. */
  static LeNet train(Digits digits, int epochs, long seed) {
    Training training = new Training(LeNet.random(seed));
    List<Digits> batches = new ArrayList<>(digits.batches(BATCH));
    Random order = new Random(seed);
    for (int epoch = 0; epoch < epochs; epoch++) {
      Collections.shuffle(batches, order);
      double loss = 0;
      for (Digits batch : batches) {
        loss += training.step(batch);
      }
      System.out.printf("epoch %d: loss %.4f%n", epoch + 1, loss / batches.size());
    }
    return training.net;
  }

  private double step(Digits batch) {
    INDArray first = net.conv1().forward(batch.images());
    INDArray firstActive = LeNet.relu(first);
    INDArray second = net.conv2().forward(firstActive);
    INDArray secondActive = LeNet.relu(second);
    INDArray third = net.fc1().forward(LeNet.flat(secondActive));
    INDArray thirdActive = LeNet.relu(third);
    INDArray probabilities = Transforms.softmax(net.fc2().forward(thirdActive));

    double loss = 0;
    INDArray grad = probabilities.dup();
    for (int i = 0; i < batch.size(); i++) {
      int label = batch.labels()[i];
      loss -= Math.log(Math.max(probabilities.getDouble(i, label), 1e-30));
      grad.putScalar(i, label, grad.getFloat(i, label) - 1);
    }
    grad.divi(batch.size());

    Gradients byFc2 = net.fc2().backward(thirdActive, grad);
    Gradients byFc1 = net.fc1().backward(LeNet.flat(secondActive), active(byFc2.input(), third));
    INDArray bySecond = byFc1.input().reshape(second.shape());
    Gradients byConv2 = net.conv2().backward(firstActive, active(bySecond, second));
    Gradients byConv1 = net.conv1().backward(batch.images(), active(byConv2.input(), first));
    update(byConv1, byConv2, byFc1, byFc2);
    return loss / batch.size();
  }

  /** The gradient by what goes into a ReLU. */
  private static INDArray active(INDArray grad, INDArray x) {
    return grad.mul(x.gt(0).castTo(grad.dataType()));
  }

  private void update(Gradients... gradients) {
    for (int layer = 0; layer < gradients.length; layer++) {
      parameters.get(2 * layer).update(gradients[layer].parameter("weight"), iteration);
      parameters.get(2 * layer + 1).update(gradients[layer].parameter("bias"), iteration);
    }
    iteration++;
  }

  /** One tensor of the network, with the state of its updater. */
  private static final class Parameter {
    private final INDArray values;
    private final AdamUpdater updater = new AdamUpdater(new Adam(LEARNING_RATE));

    Parameter(INDArray values) {
      this.values = values;
      updater.setStateViewArray(
          Nd4j.zeros(1, 2 * values.length()), new long[] {1, values.length()}, 'c', true);
    }

    void update(INDArray gradient, int iteration) {
      INDArray change = gradient.dup('c').reshape(1, values.length());
      updater.applyUpdater(change, iteration, 0);
      values.subi(change.reshape(values.shape()));
    }
  }
}
