package dev.bitfold.dl4j;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.dl4j.layer.LayerChange;
import dev.bitfold.dl4j.layer.NetworkLayer;
import dev.bitfold.dl4j.network.FoldTargets;
import dev.bitfold.dl4j.network.NetworkAccess;
import dev.bitfold.dl4j.network.Place;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A class of networks as a component of a model.
 *
 * @param <N> the class
 */
record NetworkComponent<N>(NetworkAccess<N> access) {
  Plan<N> plan(N network) {
    access.check(network);
    return Plan.of(network, component());
  }

  Quantized<N> load(N network, Path file) throws IOException {
    access.check(network);
    return Quantized.load(network, component(), file);
  }

  Component<N> component() {
    return Component.model(access.type(), this::rebuild);
  }

  private N rebuild(N network, Walk walk) {
    Map<String, LayerChange> hooked = new LinkedHashMap<>();
    List<Place> places = access.places(network);
    FoldTargets.of(places)
        .forEach((source, readers) -> walk.smoothInto(source, readers.toArray(String[]::new)));
    for (Place place : places) {
      NetworkLayer layer = place.found();
      if (layer != null
          && walk.visit(place.name(), layer, layer.component())
              instanceof NetworkLayer.Hooked rebuilt) {
        hooked.put(place.name(), rebuilt);
      }
    }
    return access.rebuild(network, hooked);
  }

  List<LeftLayer> left(N network) {
    access.check(network);
    List<LeftLayer> left = new ArrayList<>();
    for (Place place : access.places(network)) {
      if (!place.parameters().isEmpty()) {
        left.addAll(LeftReasons.of(place));
      }
    }
    return left;
  }
}
