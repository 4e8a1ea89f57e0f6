package dev.bitfold.internal.state;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.LayerType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Records and checks a layer's tensors. */
final class ReadingHooks implements ArrayHooks {
  private final ReadTensors read;
  private final Map<String, INDArray> held;
  private final Map<String, INDArray> given = new HashMap<>();

  /**
   * Makes the hooks of one layer.
   *
   * @param into receives the layer's tensors, by name
   */
  ReadingHooks(String path, LayerType<?, ?> type, Map<String, INDArray> into) {
    this(new ReadTensors(path, type, into), Map.of());
  }

  private ReadingHooks(ReadTensors read, Map<String, INDArray> held) {
    this.read = read;
    this.held = held;
  }

  @Override
  public ArrayHooks holding(Map<String, INDArray> tensors) {
    return new ReadingHooks(read, tensors);
  }

  @Override
  public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
    if (original == null) {
      read.addNone(name);
      return null;
    }
    INDArray tensor = held.getOrDefault(name, original);
    given.put(name, tensor);
    read.add(name, tensor);
    return tensor;
  }

  @Override
  public void check(String name, @Nullable INDArray held) {
    read.site(name).requireHeld(given.get(name), held, null);
  }

  @Override
  public @Nullable INDArray input(String name, @Nullable INDArray x) {
    return x;
  }

  @Override
  public INDArray output(INDArray y) {
    return y;
  }
}
