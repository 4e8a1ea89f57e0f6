package dev.bitfold.internal.state;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.LayerType;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Hooks that note a layer's tensors and check them. */
final class ReadingHooks implements ArrayHooks {
  private final StateHooks hooks;
  private final ReadTensors read;

  /**
   * Reads a layer.
   *
   * @param into where its tensors go, by name
   */
  ReadingHooks(String path, LayerType<?, ?> type, Map<String, INDArray> into) {
    this.hooks = new StateHooks(path, type, State.FLOAT, Tap.NONE);
    this.read = new ReadTensors(path, type, into);
  }

  @Override
  public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
    INDArray tensor = hooks.tensor(name, original);
    if (tensor != null) {
      read.add(name, tensor);
    }
    return tensor;
  }

  @Override
  public void check(String name, @Nullable INDArray held) {
    hooks.check(name, held);
  }

  @Override
  public @Nullable INDArray input(String name, @Nullable INDArray x) {
    return hooks.input(name, x);
  }

  @Override
  public INDArray output(INDArray y) {
    return hooks.output(y);
  }
}
