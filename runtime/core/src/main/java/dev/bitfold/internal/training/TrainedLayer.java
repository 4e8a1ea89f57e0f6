package dev.bitfold.internal.training;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.tensor.Bits;
import dev.bitfold.tensor.ChannelScale;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Hooks one layer in training. */
final class TrainedLayer implements ArrayHooks {
  /**
   * Holds a weight or bias.
   *
   * @param effective the array that the layer computes with; the parameter's own value if it stays
   *     float
   */
  record Tensor(
      TensorSite site,
      Parameter parameter,
      @Nullable TrainedQuantizer quantizer,
      INDArray effective) {
    /** Updates the array that the layer computes with, in place. */
    void refresh() {
      if (quantizer != null) {
        quantizer.refresh();
        quantizer.quantizeInto(parameter.value(), effective);
      }
    }
  }

  /**
   * Holds an input or output.
   *
   * @param preQuantScale the pre-quant scale; null if it is not smoothed
   * @param channel the axis of the pre-quant scale, from the end
   */
  record Port(
      TensorSite site,
      @Nullable TrainedQuantizer quantizer,
      @Nullable INDArray preQuantScale,
      int channel) {
    INDArray scaled(INDArray x) {
      return preQuantScale == null ? x : ChannelScale.apply(x, preQuantScale, channel);
    }

    INDArray forward(INDArray x) {
      INDArray scaled = scaled(x);
      return quantizer == null ? scaled : quantizer.quantize(scaled);
    }

    INDArray backward(INDArray x, INDArray gradient) {
      INDArray through = gradient;
      if (quantizer != null && !quantizer.passesAll()) {
        long samples = x.rank() > 1 ? Math.max(1, x.size(0)) : 1;
        through = quantizer.backward(scaled(x), gradient, Math.max(1, x.length() / samples));
      }
      return scaled(through);
    }
  }

  private final StepWatch watch;
  private final ModelShape.Layer layer;
  private final Map<String, Tensor> tensors;
  private final Map<String, Port> ports;
  private final String name;

  TrainedLayer(StepWatch watch, ModelShape.Layer layer, List<Tensor> tensors, List<Port> ports) {
    this.watch = watch;
    this.layer = layer;
    this.tensors = new LinkedHashMap<>();
    tensors.forEach(t -> this.tensors.put(t.site().tensor().name(), t));
    this.ports = new LinkedHashMap<>();
    ports.forEach(p -> this.ports.put(p.site().tensor().name(), p));
    this.name = name(layer);
  }

  /** Returns the name of a layer in messages. */
  static String name(ModelShape.Layer layer) {
    return (layer.path().isEmpty() ? "the model" : layer.path())
        + " ("
        + layer.type().type().getSimpleName()
        + ")";
  }

  @Override
  public @Nullable INDArray tensor(String tensor, @Nullable INDArray original) {
    return original == null ? null : known(tensor).effective();
  }

  /** Returns the same hooks: the parameters replace whatever the walk finds in the layer. */
  @Override
  public ArrayHooks holding(Map<String, INDArray> tensors) {
    return this;
  }

  private Tensor known(String tensor) {
    Tensor known = tensors.get(tensor);
    if (known == null) {
      throw new IllegalArgumentException(
          name + " has no tensor \"" + tensor + "\", only " + tensors.keySet());
    }
    return known;
  }

  @Override
  public void check(String tensor, @Nullable INDArray held) {
    Tensor given = tensors.get(tensor);
    INDArray expected = given == null ? null : given.effective();
    if (held != expected && (held == null || expected == null || !Bits.same(held, expected))) {
      throw new IllegalStateException(
          name
              + ": its constructor was given a tensor for "
              + tensor
              + ", but it holds "
              + (held == null ? "none" : "other values")
              + "; it must keep the tensor as it is");
    }
  }

  @Override
  public @Nullable INDArray input(String input, @Nullable INDArray x) {
    return x == null ? null : port(input).forward(x);
  }

  @Override
  public INDArray output(INDArray y) {
    watch.ranForward(layer.path(), name, y);
    return port(LayerType.OUTPUT).forward(y);
  }

  private Port port(String port) {
    return Objects.requireNonNull(ports.get(port), () -> name + " has no input " + port);
  }

  @Override
  public INDArray gradOutput(Computation y, INDArray gradient) {
    TrainedQuantizer quantizer = port(LayerType.OUTPUT).quantizer();
    if (quantizer == null || quantizer.passesAll()) {
      return gradient;
    }
    INDArray output;
    try {
      output = y.compute();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name + ": forward failed: " + e.getMessage(), e);
    }
    requireShape("the output", output, gradient);
    return port(LayerType.OUTPUT).backward(output, gradient);
  }

  @Override
  public Gradients gradients(Gradients computed, String first, Map<String, INDArray> inputs) {
    watch.ranBackward(layer.path());
    if (computed == null) {
      throw new IllegalArgumentException(name + ": its backward returned null");
    }
    requireComplete(computed);
    Gradients result = computed;
    INDArray x = inputs.get(first);
    if (x != null && computed.findInput().isPresent()) {
      result = result.withInput(input(first, x, computed.input()));
    }
    Map<String, INDArray> named = new LinkedHashMap<>(computed.parameters());
    computed
        .parameters()
        .forEach(
            (tensor, gradient) -> {
              INDArray input = inputs.get(tensor);
              if (input != null) {
                named.put(tensor, input(tensor, input, gradient));
              } else {
                named.put(tensor, collect(known(tensor), gradient));
              }
            });
    return result.withNamed(named);
  }

  private INDArray input(String input, INDArray x, INDArray gradient) {
    requireShape("input " + input, x, gradient);
    return port(input).backward(x, gradient);
  }

  private INDArray collect(Tensor tensor, INDArray gradient) {
    Parameter parameter = tensor.parameter();
    parameter.requireShape(gradient, "the gradient of " + tensor.site().tensor().name(), name);
    INDArray master = parameter.value();
    INDArray through = gradient;
    TrainedQuantizer quantizer = tensor.quantizer();
    if (quantizer != null && !quantizer.passesAll()) {
      long steps = quantizer.learned().map(amax -> amax.value().length()).orElse(1L);
      through = quantizer.backward(master, gradient, Math.max(1, master.length() / steps));
    }
    parameter.add(through);
    return through;
  }

  private void requireShape(String what, INDArray x, INDArray gradient) {
    if (!gradient.dataType().isFPType() || !Arrays.equals(x.shape(), gradient.shape())) {
      throw new IllegalArgumentException(
          name
              + ": the gradient of "
              + what
              + " is "
              + gradient.dataType()
              + " of shape "
              + Arrays.toString(gradient.shape())
              + ", and it is "
              + x.dataType()
              + " of shape "
              + Arrays.toString(x.shape()));
    }
  }

  /**
   * Checks that every weight and bias has a gradient or is left out on purpose, and that nothing
   * else has a gradient.
   */
  private void requireComplete(Gradients computed) {
    Set<String> known = new TreeSet<>(tensors.keySet());
    for (LayerTensor tensor : layer.type().tensors().values()) {
      if (tensor.role() == TensorRole.INPUT) {
        known.add(tensor.name());
      }
    }
    Set<String> unknown = new TreeSet<>(computed.parameters().keySet());
    unknown.addAll(computed.fixed());
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          name + ": its backward names " + unknown + ", but its tensors are " + known);
    }
    Set<String> missing = new TreeSet<>(tensors.keySet());
    missing.removeAll(computed.parameters().keySet());
    missing.removeAll(computed.fixed());
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          name
              + ": its backward gives no gradient of "
              + missing
              + "; add it, or name what is not trained: Gradients.fixed(\""
              + missing.iterator().next()
              + "\")");
    }
  }
}
