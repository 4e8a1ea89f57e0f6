package dev.bitfold.storage;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Holds the contents of a quantized model, for exporters. Immutable.
 *
 * @param file what {@link dev.bitfold.Quantized#save} writes
 * @param floatHashes the SHA-256 of each weight and bias of the float model, by path, as {@link
 *     StateFile#hash} computes it; placeholders are left out
 */
public record Frozen(StateFile file, Map<String, String> floatHashes) {
  /** Copies the map, keeping its order. */
  public Frozen {
    floatHashes = Collections.unmodifiableMap(new LinkedHashMap<>(floatHashes));
  }
}
