package dev.bitfold.examples.digits;

import dev.bitfold.layer.Gradients;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
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
  private final List<Parameter> parameters = new ArrayList<>();
  private int iteration;

  private Training(LeNet net) {
    this.net = net;
    for (Conv2d convolution : net.convolutions()) {
      parameters.add(new Parameter(convolution.weight()));
      parameters.add(new Parameter(convolution.bias()));
    }
    for (Linear linear : List.of(net.fc1(), net.fc2())) {
      parameters.add(new Parameter(linear.weight()));
      parameters.add(new Parameter(linear.bias()));
    }
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
      System.out.printf(Locale.ROOT, "epoch %d: loss %.4f%n", epoch + 1, loss / batches.size());
    }
    return training.net;
  }

  private double step(Digits batch) {
    List<INDArray> inputs = new ArrayList<>();
    List<INDArray> outputs = new ArrayList<>();
    INDArray x = batch.images();
    for (Conv2d convolution : net.convolutions()) {
      inputs.add(x);
      outputs.add(convolution.forward(x));
      x = LeNet.relu(outputs.get(outputs.size() - 1));
    }
    INDArray flat = LeNet.flat(x);
    INDArray hidden = net.fc1().forward(flat);
    INDArray hiddenActive = LeNet.relu(hidden);
    INDArray probabilities = Transforms.softmax(net.fc2().forward(hiddenActive));

    double loss = 0;
    INDArray grad = probabilities.dup();
    for (int i = 0; i < batch.size(); i++) {
      int label = batch.labels()[i];
      loss -= Math.log(Math.max(probabilities.getDouble(i, label), 1e-30));
      grad.putScalar(i, label, grad.getFloat(i, label) - 1);
    }
    grad.divi(batch.size());

    Gradients byFc2 = net.fc2().backward(hiddenActive, grad);
    Gradients byFc1 = net.fc1().backward(flat, active(byFc2.input(), hidden));
    Deque<Gradients> gradients = new ArrayDeque<>(List.of(byFc1, byFc2));
    INDArray gradient = byFc1.input().reshape(x.shape());
    for (int i = outputs.size() - 1; i >= 0; i--) {
      INDArray active = active(gradient, outputs.get(i));
      Gradients byLayer = net.convolutions().get(i).backward(inputs.get(i), active);
      gradients.addFirst(byLayer);
      gradient = byLayer.input();
    }
    update(gradients);
    return loss / batch.size();
  }

  /** The gradient by what goes into a ReLU. */
  private static INDArray active(INDArray grad, INDArray x) {
    return grad.mul(x.gt(0).castTo(grad.dataType()));
  }

  private void update(Iterable<Gradients> gradients) {
    Iterator<Parameter> parameter = parameters.iterator();
    for (Gradients ofLayer : gradients) {
      parameter.next().update(ofLayer.parameter("weight"), iteration);
      parameter.next().update(ofLayer.parameter("bias"), iteration);
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
