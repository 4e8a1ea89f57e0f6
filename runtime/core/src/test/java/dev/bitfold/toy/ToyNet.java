package dev.bitfold.toy;

import dev.bitfold.Plan;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Two layers. */
public record ToyNet(ToyLinear first, ToyLinear second) {
  public INDArray forward(INDArray x) {
    return second.forward(Transforms.tanh(first.forward(x)));
  }

  public static Plan<ToyNet> plan(ToyNet net) {
    return Plan.of(net, Component.model(ToyNet.class, ToyNet::rebuild));
  }

  private static ToyNet rebuild(ToyNet net, Walk walk) {
    Component<ToyLinear> layer = Component.layer(QuantizedToyLinear.type());
    return new ToyNet(
        walk.visit("first", net.first(), layer), walk.visit("second", net.second(), layer));
  }
}
