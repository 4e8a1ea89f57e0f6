package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.State;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Holds what SmoothQuant is wanted for, and what it has done. Immutable.
 *
 * @param wanted the alpha that each layer's annotation or recipe says, by the layer's path
 * @param done what was chosen; {@link Smoothed#NOTHING} before SmoothQuant was run
 * @param wholeCurves computes the alpha curves with all alphas of the search
 */
public record SmoothedLayers(
    Map<String, Alpha> wanted, Smoothed done, Supplier<Map<String, AlphaCurve>> wholeCurves) {
  /** Returns what is wanted before SmoothQuant was run. */
  public static SmoothedLayers wanted(Map<String, Alpha> wanted) {
    return new SmoothedLayers(wanted, Smoothed.NOTHING, Map::of);
  }

  /** Returns the alpha curve of each smoothed layer, by path. */
  public Map<String, AlphaCurve> curves() {
    return done.curves();
  }

  /** Returns the number of quantizers of each kind in a state, and of smoothed layers. */
  public String inWords(State state) {
    return new Descriptions(state.descriptors(), wanted).inWords(curves().size());
  }

  /** Returns the same for other layers. */
  public SmoothedLayers withWanted(Map<String, Alpha> others) {
    return new SmoothedLayers(others, done, wholeCurves);
  }

  /** Returns the same layers after SmoothQuant was run. */
  public SmoothedLayers with(Smoothed chosen, Supplier<Map<String, AlphaCurve>> whole) {
    return new SmoothedLayers(wanted, chosen, whole);
  }

  /**
   * Checks that there are layers to smooth.
   *
   * @throws IllegalStateException if none is wanted, or they are smoothed already
   */
  public void requireOpen() {
    if (wanted.isEmpty()) {
      throw new IllegalStateException(
          "no quantized layer is marked @SmoothQuant, and no recipe with it is in use: mark a layer,"
              + " or leave smoothQuant out");
    }
    if (!curves().isEmpty()) {
      throw new IllegalStateException(
          "the layers are smoothed already: call smoothQuant once, on the calibration that is not"
              + " smoothed yet");
    }
  }

  /**
   * Returns the alpha curve of each smoothed layer, by path.
   *
   * @param whole whether to compute the points that the search has left out
   */
  public Map<String, AlphaCurve> curves(boolean whole) {
    return whole ? wholeCurves.get() : curves();
  }
}
