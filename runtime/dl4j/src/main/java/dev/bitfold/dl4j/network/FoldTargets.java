package dev.bitfold.dl4j.network;

import dev.bitfold.dl4j.layer.NetworkLayer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;

/**
 * Finds the batch normalizations whose factors can take up the smoothing scales of the layers that
 * read them: directly, or through layers that pass on what each channel is multiplied by.
 */
public final class FoldTargets {
  private static final Set<Class<?>> PASSING = Set.of(DropoutLayer.class, ZeroPaddingLayer.class);
  private static final Set<Class<? extends IActivation>> PASSING_ACTIVATIONS =
      Set.of(ActivationReLU.class, ActivationIdentity.class);
  private static final Set<PoolingType> PASSING_POOLINGS = Set.of(PoolingType.MAX, PoolingType.AVG);

  private final Map<String, Place> places = new LinkedHashMap<>();

  private FoldTargets(List<Place> places) {
    places.forEach(place -> this.places.put(place.name(), place));
  }

  /** Returns the layers whose scales each normalization takes up, by its name. */
  public static Map<String, List<String>> of(List<Place> places) {
    FoldTargets targets = new FoldTargets(places);
    Map<String, List<String>> found = new LinkedHashMap<>();
    for (Place place : places) {
      NetworkLayer layer = place.found();
      List<String> readers = new ArrayList<>();
      if (layer != null && layer.isFoldTarget() && targets.collect(place, readers)) {
        found.put(place.name(), readers);
      }
    }
    return Collections.unmodifiableMap(found);
  }

  /** Collects the layers behind a place; returns whether all that reads it is such a layer. */
  private boolean collect(Place place, List<String> into) {
    for (String name : place.readers()) {
      Place reader = places.get(name);
      if (reader == null || !reader.readsDirectly()) {
        return false;
      }
      NetworkLayer layer = reader.found();
      boolean taken = layer != null && layer.isSmoothed();
      if (taken) {
        into.add(name);
      } else if (!passes(reader.layer()) || !collect(reader, into)) {
        return false;
      }
    }
    return !place.readers().isEmpty();
  }

  private static boolean passes(@Nullable Layer layer) {
    if (layer instanceof ActivationLayer activation) {
      return PASSING_ACTIVATIONS.contains(activation.getActivationFn().getClass());
    } else if (layer instanceof SubsamplingLayer pooling) {
      return PASSING_POOLINGS.contains(pooling.getPoolingType());
    }
    return layer != null && PASSING.contains(layer.getClass());
  }
}
