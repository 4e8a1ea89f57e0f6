package dev.bitfold.dl4j;

/**
 * A layer of a network that has parameters and stays float, as a whole or in part.
 *
 * @param layer its name
 * @param type the class of its configuration
 * @param reason why it is not quantized
 */
public record LeftLayer(String layer, String type, String reason) {
  @Override
  public String toString() {
    return layer + " (" + type + "): " + reason;
  }
}
