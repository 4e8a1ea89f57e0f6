package dev.bitfold.dl4j;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.dl4j.layer.LayerChange;
import dev.bitfold.dl4j.layer.NetworkLayer;
import dev.bitfold.dl4j.layer.TrainedLayer;
import dev.bitfold.dl4j.network.NetworkAccess;
import dev.bitfold.dl4j.network.Place;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.storage.StateFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Makes networks that train.
 *
 * @param quantized the formats, and the scales of inputs
 */
record TrainingNetwork<N>(NetworkAccess<N> access, Quantized<N> quantized) {
  N of(N network) {
    access.check(network);
    if (!state().preQuantScales().isEmpty()) {
      throw new IllegalArgumentException(
          "a smoothed network is not trained by fit: smoothing scales would have to follow the"
              + " weights; quantize without smoothQuant(), and smooth what was trained");
    }
    Map<String, LayerChange> changes = new LinkedHashMap<>();
    for (Place place : access.places(network)) {
      NetworkLayer layer = place.found();
      if (layer != null && place.layer() != null) {
        changes.put(
            place.name(),
            TrainedLayer.of(
                layer, place.layer(), tensor -> quantizer(place.name() + "." + tensor)));
      }
    }
    return access.rebuild(network, changes);
  }

  private State state() {
    return quantized.state().state();
  }

  private @Nullable UnaryOperator<INDArray> quantizer(String path) {
    QuantDescriptor descriptor = state().descriptors().get(path);
    if (descriptor == null) {
      return null;
    }
    StateFile file = quantized.state();
    Layout layout = file.schema().entry(path).layout();
    Quantizer open = Quantizer.of(descriptor, layout);
    CalibratedScale scale = state().scales().get(path);
    Quantizer quantizer = scale == null ? open : scale.fix(open);
    return quantizer::quantize;
  }

  static <N> N restored(NetworkAccess<N> access, N training) {
    Map<String, LayerChange> changes = new LinkedHashMap<>();
    for (Place place : access.places(training)) {
      if (place.layer() != null) {
        changes.put(place.name(), TrainedLayer.restored());
      }
    }
    return access.rebuild(training, changes);
  }
}
