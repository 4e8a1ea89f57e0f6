package dev.bitfold.internal.state;

import dev.bitfold.layer.LayerHooks;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Hooks that note a layer's tensors and check them. Nothing is added to a graph. */
final class ReadingHooks implements LayerHooks {
  private final StateHooks hooks;
  private final String path;
  private final LayerType<?, ?> type;
  private final Map<String, INDArray> into;
  private final Map<String, SDVariable> variables = new HashMap<>();

  /**
   * Of a layer.
   *
   * @param into where its tensors go, by name
   */
  ReadingHooks(String path, LayerType<?, ?> type, Map<String, INDArray> into) {
    this.hooks = new StateHooks(path, type, State.FLOAT, Tap.NONE);
    this.path = path;
    this.type = type;
    this.into = into;
  }

  @Override
  public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
    INDArray tensor = hooks.tensor(name, original);
    if (tensor != null) {
      note(name, tensor);
    }
    return tensor;
  }

  @Override
  public @Nullable SDVariable tensor(String name, @Nullable SDVariable original) {
    if (original != null) {
      VariableType kind = original.getVariableType();
      if (kind != VariableType.VARIABLE && kind != VariableType.CONSTANT) {
        throw new IllegalArgumentException(
            site(name).describe(null, null)
                + ": variable "
                + original.name()
                + " is of type "
                + kind
                + "; weights and biases are a graph's variables or constants");
      }
      variables.put(name, original);
      note(name, original.getArr());
    }
    return original;
  }

  private TensorSite site(String name) {
    LayerTensor declared = Objects.requireNonNull(type.tensors().get(name));
    return new TensorSite(path, type.type(), declared);
  }

  private void note(String name, INDArray tensor) {
    TensorSite site = site(name);
    LayerTensor declared = site.tensor();
    if (tensor.dataType() != DataType.FLOAT) {
      throw new IllegalArgumentException(
          site.describe(tensor, declared.descriptor().orElse(null))
              + ": weights and biases are of type FLOAT");
    }
    if (tensor.isEmpty()) {
      throw new IllegalArgumentException(
          site.describe(tensor, declared.descriptor().orElse(null)) + ": it is empty");
    }
    if (!declared.layout().fits(tensor.rank())) {
      throw new IllegalArgumentException(
          site.describe(tensor, declared.descriptor().orElse(null))
              + ": a tensor of rank "
              + tensor.rank()
              + " does not fit layout "
              + declared.layout());
    }
    into.put(name, tensor);
  }

  @Override
  public void check(String name, @Nullable INDArray held) {
    hooks.check(name, held);
  }

  @Override
  public void check(String name, @Nullable SDVariable held) {
    site(name).requireHeld(variables.get(name), held);
  }

  @Override
  public @Nullable INDArray input(String name, @Nullable INDArray x) {
    return hooks.input(name, x);
  }

  @Override
  public @Nullable SDVariable input(String name, @Nullable SDVariable x) {
    return x;
  }

  @Override
  public INDArray output(INDArray y) {
    return hooks.output(y);
  }

  @Override
  public SDVariable output(SDVariable y) {
    return y;
  }
}
