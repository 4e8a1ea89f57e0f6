package dev.bitfold.internal.state;

import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.FloatLayer;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.Walk;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gives layers other float tensors, and makes wrappers known by their float layers. */
final class FloatVisitor implements Walk.Visitor {
  private final QuantKernels kernels;
  private final State floats;
  private @Nullable Object met;

  /**
   * Makes a visitor for one walk.
   *
   * @param floats a state that quantizes nothing
   */
  FloatVisitor(QuantKernels kernels, State floats) {
    this.kernels = kernels;
    this.floats = floats;
  }

  @Override
  public void met(String path, Object layer) {
    FloatLayer behind = FloatLayer.of(layer);
    met = behind == null ? layer : behind.layer();
  }

  @Override
  public ArrayHooks layer(String path, LayerType<?, ?> type) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (LayerTensor tensor : type.tensors().values()) {
      INDArray value = floats.tensors().get(TensorSite.path(path, tensor.name()));
      if (value != null) {
        tensors.put(tensor.name(), value);
      }
    }
    FloatLayer own = new FloatLayer(Objects.requireNonNull(met), tensors);
    return new StateHooks(path, type, Map.of(), kernels, floats, Tap.NONE, Map.of(), own);
  }
}
