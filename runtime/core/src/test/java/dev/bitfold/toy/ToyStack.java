package dev.bitfold.toy;

import dev.bitfold.Plan;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.Walk;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Dense layers, one after another. */
public record ToyStack(List<ToyDense> layers) {
  /**
   * A stack whose first input channels have outliers.
   *
   * @param widths of the input and of each layer's output
   */
  public static ToyStack random(int seed, int... widths) {
    List<ToyDense> layers = new ArrayList<>();
    for (int i = 1; i < widths.length; i++) {
      layers.add(
          new ToyDense(normal(seed + i, widths[i - 1], widths[i]), normal(-seed - i, widths[i])));
    }
    return new ToyStack(layers);
  }

  public static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  /** Batches whose first channel is far larger than the others. */
  public static List<INDArray> batches(int count, int rows, int width) {
    List<INDArray> batches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      INDArray x = normal(100 + i, rows, width);
      x.getColumn(0).muli(20);
      batches.add(x);
    }
    return batches;
  }

  public INDArray forward(INDArray x) {
    INDArray y = x;
    for (ToyDense layer : layers) {
      y = layer.forward(y);
    }
    return y;
  }

  /** A pass for training towards zero. */
  public double lossAndBackward(INDArray x) {
    List<INDArray> inputs = new ArrayList<>();
    INDArray y = x;
    for (ToyDense layer : layers) {
      inputs.add(y);
      y = layer.forward(y);
    }
    INDArray gradient = y.mul(1e-3);
    for (int i = layers.size() - 1; i >= 0; i--) {
      Gradients gradients = layers.get(i).backward(inputs.get(i), gradient);
      gradient = gradients.input();
    }
    return y.norm2Number().doubleValue();
  }

  public static Component<ToyStack> component() {
    return Component.model(ToyStack.class, ToyStack::rebuild);
  }

  public static Plan<ToyStack> plan(ToyStack stack) {
    return Plan.of(stack, component());
  }

  private static ToyStack rebuild(ToyStack stack, Walk walk) {
    Component<ToyDense> layer = Component.layer(QuantizedToyDense.type());
    return new ToyStack(walk.visit("layers", stack.layers(), Component.list(layer)));
  }
}
