package dev.bitfold.diagnosis;

import dev.bitfold.calibration.Histogram;
import java.util.OptionalDouble;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Writes diagnoses as JSON. A missing value is left out. Null stands for the alpha "off", and for
 * the decibels of a tensor that loses nothing.
 */
final class DiagnosisJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private DiagnosisJson() {}

  static String write(Diagnosis diagnosis) {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode layers = root.putArray("layers");
    diagnosis.layers().forEach(layer -> write(layers.addObject(), layer));
    return root.toString();
  }

  private static void write(ObjectNode node, Diagnosis.Layer layer) {
    node.put("path", layer.path());
    node.put("class", layer.layerClass());
    DecibelsJson.write(node, "weightDecibels", layer.weightDecibels());
    DecibelsJson.write(node, "outputDecibels", layer.outputDecibels());
    put(node, "outputL1", layer.outputL1());
    layer.alpha().ifPresent(alpha -> AlphaJson.write(node, alpha));
    layer
        .curve()
        .ifPresent(
            curve -> {
              ArrayNode points = node.putArray("curve");
              for (int i = 0; i < curve.alphas().size(); i++) {
                ObjectNode point = points.addObject();
                AlphaJson.write(point, curve.alphas().get(i));
                point.put("error", curve.errors().get(i));
              }
            });
    ArrayNode inputs = node.putArray("inputs");
    for (Diagnosis.Input input : layer.inputs()) {
      ObjectNode in = inputs.addObject();
      in.put("name", input.name());
      DecibelsJson.write(in, "decibels", input.decibels());
      put(in, "amax", input.amax());
      write(in.putObject("before"), input.before());
      write(in.putObject("after"), input.after());
    }
  }

  private static void write(ObjectNode node, Diagnosis.Activations activations) {
    node.put("largest", activations.largest());
    node.put("median", activations.median());
    Histogram histogram = activations.histogram();
    ObjectNode counts = node.putObject("histogram");
    counts.put("width", histogram.width());
    counts.put("max", histogram.max());
    counts.put("nonFinite", histogram.nonFinite());
    ArrayNode bins = counts.putArray("counts");
    histogram.counts().forEach(bins::add);
  }

  private static void put(ObjectNode node, String name, OptionalDouble value) {
    if (value.isPresent()) {
      node.put(name, value.getAsDouble());
    }
  }
}
