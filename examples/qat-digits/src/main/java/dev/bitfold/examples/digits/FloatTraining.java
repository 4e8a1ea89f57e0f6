package dev.bitfold.examples.digits;

import dev.bitfold.layer.Gradients;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** Trains the float net, whose arrays it writes to. */
final class FloatTraining {
  private final LeNet net;
  private final Map<String, INDArray> parameters = new LinkedHashMap<>();
  private final Map<String, GradientUpdater<?>> updaters = new LinkedHashMap<>();
  private int steps;

  FloatTraining(LeNet net, IUpdater updater) {
    this.net = net;
    add("conv1", net.conv1().weight(), net.conv1().bias());
    add("conv2", net.conv2().weight(), net.conv2().bias());
    add("fc1", net.fc1().weight(), net.fc1().bias());
    add("fc2", net.fc2().weight(), net.fc2().bias());
    add("fc3", net.fc3().weight(), net.fc3().bias());
    parameters.forEach(
        (name, value) -> {
          INDArray state = Nd4j.zeros(DataType.FLOAT, 1, updater.stateSize(value.length()));
          updaters.put(name, updater.instantiate(state, true));
        });
  }

  private void add(String layer, INDArray weight, INDArray bias) {
    parameters.put(layer + ".weight", weight);
    parameters.put(layer + ".bias", bias);
  }

  double step(Digits.Batch batch) {
    LeNet.Pass pass = net.learn(batch);
    pass.gradients().forEach(this::update);
    steps++;
    return pass.loss();
  }

  private void update(String layer, Gradients gradients) {
    gradients
        .parameters()
        .forEach(
            (tensor, gradient) -> {
              String name = layer + "." + tensor;
              INDArray value = parameters.get(name);
              INDArray flat = gradient.dup('c').reshape('c', 1, gradient.length());
              updaters.get(name).applyUpdater(flat, steps, 0);
              value.subi(flat.reshape('c', value.shape()));
            });
  }
}
