package dev.bitfold.internal.state;

import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.LayerType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Records and checks the values of a layer's variables, without adding to the graph. */
final class GraphReadingHooks implements GraphHooks {
  private final ReadTensors read;
  private final Map<String, SDVariable> given = new HashMap<>();

  /**
   * Makes the hooks of one layer.
   *
   * @param into receives the values of the layer's variables, by name
   */
  GraphReadingHooks(String path, LayerType<?, ?> type, Map<String, INDArray> into) {
    this.read = new ReadTensors(path, type, into);
  }

  @Override
  public @Nullable SDVariable tensor(String name, @Nullable SDVariable original) {
    if (original != null) {
      VariableType kind = original.getVariableType();
      if (kind != VariableType.VARIABLE && kind != VariableType.CONSTANT) {
        throw new IllegalArgumentException(
            read.site(name).describe(null, null)
                + ": variable "
                + original.name()
                + " is of type "
                + kind
                + "; weights and biases are a graph's variables or constants");
      }
      given.put(name, original);
      read.add(name, original.getArr());
    } else {
      read.addNone(name);
    }
    return original;
  }

  @Override
  public void check(String name, @Nullable SDVariable held) {
    read.site(name).requireHeld(given.get(name), held);
  }

  @Override
  public @Nullable SDVariable input(String name, @Nullable SDVariable x) {
    return x;
  }

  @Override
  public SDVariable output(SDVariable y) {
    return y;
  }
}
