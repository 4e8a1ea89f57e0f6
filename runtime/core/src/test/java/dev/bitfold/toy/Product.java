package dev.bitfold.toy;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.LayerType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer of one or two weights that computes whatever a test wants, and may get other weights. */
public class Product {
  /** What it computes. */
  @FunctionalInterface
  public interface Function {
    INDArray of(INDArray x, List<INDArray> weights);
  }

  private final List<INDArray> weights;
  private final Function function;

  public Product(Function function, INDArray... weights) {
    this.function = function;
    this.weights = new ArrayList<>(List.of(weights));
  }

  public List<INDArray> weights() {
    return weights;
  }

  public INDArray forward(INDArray x) {
    return function.of(x, weights);
  }

  /** A model of one. */
  public record Net(Product layer) {
    public INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  private static final class Quantized extends Product {
    private final ArrayHooks hooks;

    private Quantized(Product layer, ArrayHooks hooks) {
      super(layer.function, tensors(layer, hooks));
      this.hooks = hooks;
    }

    private static INDArray[] tensors(Product layer, ArrayHooks hooks) {
      INDArray[] tensors = new INDArray[layer.weights.size()];
      for (int i = 0; i < tensors.length; i++) {
        tensors[i] = Objects.requireNonNull(hooks.tensor(name(i), layer.weights.get(i)));
      }
      return tensors;
    }

    @Override
    public INDArray forward(INDArray x) {
      return hooks.output(super.forward(Objects.requireNonNull(hooks.input("x", x))));
    }
  }

  private static String name(int weight) {
    return weight == 0 ? "weight" : "second";
  }

  /** Returns the plan of a model of one, all of int8 per tensor. */
  public static Plan<Net> plan(Product layer, String input, String... weights) {
    LayerType.Builder<Product, Quantized> type = LayerType.builder(Product.class, Quantized::new);
    for (int i = 0; i < weights.length; i++) {
      type.weight(name(i), weights[i], QuantDescriptor.bits(8));
    }
    type.input("x", input, QuantDescriptor.bits(8));
    Component<Product> component = Component.layer(type.build());
    return Plan.of(
        new Net(layer),
        Component.model(
            Net.class, (net, walk) -> new Net(walk.visit("layer", net.layer(), component))));
  }
}
