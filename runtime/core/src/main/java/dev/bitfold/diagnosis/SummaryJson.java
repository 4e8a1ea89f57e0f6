package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.smoothquant.AlphaCap;
import dev.bitfold.storage.DescriptorJson;
import dev.bitfold.storage.StrictJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** Reads and writes summaries as JSON. */
final class SummaryJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SummaryJson() {}

  static String write(Summary summary) {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode rows = root.putArray("rows");
    for (Summary.Row row : summary.rows()) {
      ObjectNode node = rows.addObject();
      node.put("path", row.path());
      node.put("class", row.layerClass());
      node.put("role", row.role().name());
      node.set("descriptor", StrictJson.object(DescriptorJson.write(row.descriptor()), row.path()));
      row.amax().ifPresent(amax -> node.putArray("amax").add(amax.min()).add(amax.max()));
      DecibelsJson.write(node, "decibels", row.decibels());
      write(node, row.smoothing());
      row.reconstruction().ifPresent(weight -> write(node.putObject("reconstruction"), weight));
    }
    ArrayNode skipped = root.putArray("skipped");
    summary.skipped().forEach(skipped::add);
    root.put("layers", summary.layers());
    root.put("weightBytes", summary.weightBytes());
    root.put("floatBytes", summary.floatBytes());
    root.put("heldBytes", summary.heldBytes());
    summary.modelError().ifPresent(error -> write(root.putObject("modelError"), error));
    summary.alphaCap().ifPresent(cap -> write(root.putArray("alphaCaps"), cap));
    return root.toString();
  }

  /**
   * Returns the summary that {@link #write} has written.
   *
   * @throws IllegalArgumentException if the text is not a summary
   */
  static Summary read(String json) {
    JsonNode root = StrictJson.object(json, "the summary");
    List<Summary.Row> rows = new ArrayList<>();
    root.path("rows").forEach(node -> rows.add(row(node)));
    List<String> skipped = new ArrayList<>();
    root.path("skipped").forEach(node -> skipped.add(node.asText()));
    return new Summary(
        rows,
        skipped,
        root.path("layers").asInt(),
        root.path("weightBytes").asLong(),
        root.path("floatBytes").asLong(),
        root.path("heldBytes").asLong(),
        comparison(root.path("modelError")),
        cap(root.path("alphaCaps")));
  }

  private static void write(ArrayNode caps, AlphaCap cap) {
    for (int i = 0; i < cap.caps().size(); i++) {
      ObjectNode node = caps.addObject();
      AlphaJson.write(node, cap.caps().get(i));
      node.put("error", cap.errors().get(i));
    }
  }

  private static Optional<AlphaCap> cap(JsonNode nodes) {
    List<Alpha> caps = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    for (JsonNode node : nodes) {
      caps.add(
          AlphaJson.read(node)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException("a cap of SmoothQuant has no alpha: " + node)));
      errors.add(number(node, "error"));
    }
    return caps.isEmpty() ? Optional.empty() : Optional.of(new AlphaCap(caps, errors));
  }

  private static void write(ObjectNode node, Summary.Smoothing smoothing) {
    if (smoothing instanceof Summary.Smoothing.NotWanted) {
      return;
    }
    node.put("smoothed", true);
    if (smoothing instanceof Summary.Smoothing.Chosen chosen) {
      AlphaJson.write(node, chosen.choice());
      chosen.foldedInto().ifPresent(source -> node.put("foldedInto", source));
    }
  }

  private static Summary.Smoothing smoothing(JsonNode node) {
    if (!node.path("smoothed").asBoolean()) {
      return new Summary.Smoothing.NotWanted();
    }
    Optional<String> foldedInto = Optional.ofNullable(node.path("foldedInto").textValue());
    return AlphaJson.read(node)
        .<Summary.Smoothing>map(alpha -> new Summary.Smoothing.Chosen(alpha, foldedInto))
        .orElseGet(Summary.Smoothing.NotRun::new);
  }

  private static void write(ObjectNode node, Comparison error) {
    node.put("rows", error.rows());
    node.put("relativeError", error.relativeError());
    node.put("cosine", error.cosine());
    ObjectNode worst = node.putObject("worst");
    worst.put("batch", error.worst().batch());
    worst.put("row", error.worst().row());
    worst.put("relativeError", error.worst().relativeError());
  }

  private static Optional<Comparison> comparison(JsonNode node) {
    if (!node.isObject()) {
      return Optional.empty();
    }
    JsonNode worst = node.path("worst");
    return Optional.of(
        new Comparison(
            node.path("rows").asLong(),
            number(node, "relativeError"),
            number(node, "cosine"),
            new Comparison.Worst(
                worst.path("batch").asInt(),
                worst.path("row").asInt(),
                number(worst, "relativeError"))));
  }

  /** Reads a number that may be infinite or NaN, which JSON holds as text. */
  private static double number(JsonNode node, String field) {
    try {
      return Double.parseDouble(node.path(field).asText());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(field + " is not a number: " + node.path(field), e);
    }
  }

  private static QuantDescriptor descriptor(JsonNode row) {
    try {
      return DescriptorJson.read(row.path("descriptor").toString());
    } catch (InvalidDescriptorException e) {
      throw new IllegalArgumentException(row.path("path").asText() + ": " + e.getMessage(), e);
    }
  }

  private static Summary.Row row(JsonNode node) {
    JsonNode amax = node.path("amax");
    return new Summary.Row(
        node.path("path").asText(),
        node.path("class").asText(),
        TensorRole.valueOf(node.path("role").asText()),
        descriptor(node),
        amax.size() == 2
            ? Optional.of(
                new Summary.Range((float) amax.get(0).asDouble(), (float) amax.get(1).asDouble()))
            : Optional.empty(),
        DecibelsJson.read(node, "decibels"),
        smoothing(node),
        reconstruction(node));
  }

  private static void write(ObjectNode node, Reconstruction weight) {
    node.put("method", weight.method().name());
    node.put("nearest", weight.nearest());
    node.put("reached", weight.reached());
  }

  private static Optional<Reconstruction> reconstruction(JsonNode row) {
    JsonNode node = row.path("reconstruction");
    return node.isObject()
        ? Optional.of(
            new Reconstruction(
                row.path("path").asText(),
                Reconstruction.Method.valueOf(node.path("method").asText()),
                number(node, "nearest"),
                number(node, "reached")))
        : Optional.empty();
  }
}
