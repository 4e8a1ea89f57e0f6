package dev.bitfold.smoothquant;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/**
 * Holds what SmoothQuant has chosen. Immutable.
 *
 * @param curves the alpha curve of each smoothed layer, by path; all consumers of one source have
 *     the same
 * @param folded the source that a layer's scale was folded into, by the layer's path
 * @param cap the cap on all alphas; empty if none was looked for
 */
public record Smoothed(
    Map<String, AlphaCurve> curves, Map<String, String> folded, Optional<AlphaCap> cap) {
  /** Nothing was smoothed. */
  public static final Smoothed NOTHING = new Smoothed(Map.of(), Map.of(), Optional.empty());

  /** Keeps the order of the maps, which must not change. */
  public Smoothed {
    curves = Collections.unmodifiableMap(curves);
    folded = Collections.unmodifiableMap(folded);
  }
}
