package dev.bitfold.dl4j;

import dev.bitfold.dl4j.layer.NetworkLayer;
import dev.bitfold.dl4j.network.Place;
import java.util.ArrayList;
import java.util.List;

/** Says what of a layer stays float, and why. */
final class LeftReasons {
  private LeftReasons() {}

  static List<LeftLayer> of(Place place) {
    NetworkLayer layer = place.found();
    List<String> reasons = new ArrayList<>();
    if (layer == null) {
      reasons.add("Bitfold does not know how this class computes with its parameters");
    } else {
      reasons.addAll(layer.floats());
      if (place.permuted()) {
        reasons.add(
            "its input: the network permutes it behind the preprocessor, as the layer before has"
                + " another data format");
      }
    }
    return reasons.stream()
        .map(reason -> new LeftLayer(place.name(), place.type(), reason))
        .toList();
  }
}
