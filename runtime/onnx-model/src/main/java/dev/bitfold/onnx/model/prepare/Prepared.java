package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import java.util.Map;

/**
 * A file that was prepared.
 *
 * @param original the user's file
 * @param file the prepared file: standard operators, constants as initializers, unique node names
 * @param report what was changed
 * @param originalNames the name in the original of each node of the prepared file, by its name in
 *     the prepared file; a node that has no counterpart there stands under its own name
 */
public record Prepared(
    OnnxFile original, OnnxFile file, PrepareReport report, Map<String, String> originalNames) {
  /** Copies the names. */
  public Prepared {
    originalNames = Map.copyOf(originalNames);
  }

  /** The name that a user knows a node of the prepared file by. */
  public String originalName(String node) {
    return originalNames.getOrDefault(node, node);
  }
}
