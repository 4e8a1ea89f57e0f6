package dev.bitfold.golden;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;

/** One recorded case: an operation, its parameters and inputs, and what a peer computed. */
record GoldenCase(String file, JsonNode json) {
  String name() {
    return json.path("name").asText();
  }

  String op() {
    return json.path("op").asText();
  }

  String note() {
    return json.path("note").asText();
  }

  String tolerance() {
    return json.path("tolerance").asText();
  }

  /** The peer that was run, as {@code pytorch_quantization} or {@code modelopt}; empty if one. */
  String peer() {
    String peer = param("peer").asText(json.path("peer").asText());
    return peer.replace('-', '_');
  }

  JsonNode expected() {
    return json.path("expected");
  }

  /** Whether the peer is expected to refuse. */
  boolean expectsError() {
    return expected().has("error") || !expected().path("valid").asBoolean(true);
  }

  /** A parameter; a missing node if there is none. */
  JsonNode param(String name) {
    return json.path("params").path(name);
  }

  int intParam(String name) {
    return required(name).asInt();
  }

  double doubleParam(String name) {
    return GoldenTensor.number(required(name));
  }

  String stringParam(String name) {
    return required(name).asText();
  }

  boolean flag(String name) {
    return param(name).asBoolean(false);
  }

  /** A list of integers, or one alone; empty if the parameter is null or missing. */
  int[] intsParam(String name) {
    JsonNode node = param(name);
    if (node.isArray()) {
      return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
    }
    return node.isNumber() ? new int[] {node.asInt()} : new int[0];
  }

  private JsonNode required(String name) {
    JsonNode node = param(name);
    if (node.isMissingNode() || node.isNull()) {
      throw new IllegalArgumentException(name() + " has no parameter " + name);
    }
    return node;
  }

  boolean hasInput(String name) {
    return json.path("inputs").hasNonNull(name);
  }

  /** An input in its recorded type and shape, in C order. */
  INDArray input(String name) {
    return tensor(name).array();
  }

  /** An input's values, flat. */
  float[] floats(String name) {
    return tensor(name).floats();
  }

  /** The one value of an input. */
  float scalar(String name) {
    float[] values = floats(name);
    if (values.length != 1) {
      throw new IllegalArgumentException(name + " has " + values.length + " values, not one");
    }
    return values[0];
  }

  /** The integer values of an input, flat. */
  long[] integers(String name) {
    return tensor(name).integers();
  }

  /** The inputs batch_0, batch_1 …, in order. */
  List<INDArray> batches() {
    return numbered("batch_");
  }

  /** The inputs with a prefix and a number from 0, in order. */
  List<INDArray> numbered(String prefix) {
    List<INDArray> inputs = new ArrayList<>();
    for (int i = 0; hasInput(prefix + i); i++) {
      inputs.add(input(prefix + i));
    }
    return inputs;
  }

  private GoldenTensor tensor(String name) {
    JsonNode node = json.path("inputs").path(name);
    if (!GoldenTensor.isTensor(node)) {
      throw new IllegalArgumentException(name() + " has no input " + name);
    }
    return GoldenTensor.parse(node);
  }

  @Override
  public String toString() {
    return file + "/" + name();
  }
}
