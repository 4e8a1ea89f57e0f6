package dev.bitfold.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bitfold.onnx.file.OnnxInfo;
import dev.bitfold.onnx.file.OnnxInfo.Initializer;
import dev.bitfold.onnx.file.OnnxInfo.QuantizedNode;
import dev.bitfold.onnx.file.OnnxInfo.Value;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Describes the contents of an ONNX model, and how its nodes are quantized. */
@Command(
    name = "onnx-info",
    mixinStandardHelpOptions = true,
    description = {
      "Describes an ONNX model: operators, opset, quantized nodes, bytes by type.",
      "Names weights that contain NaN or infinity."
    })
final class OnnxInfoCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  private Path file = Path.of("");

  @Option(names = "--tensors", description = "List every initializer.")
  private boolean tensors;

  @Option(names = "--json", description = "Print everything as one JSON object.")
  private boolean json;

  /** Counts the initializers of one type. */
  private record OfType(int count, long bytes) {
    OfType plus(Initializer tensor) {
      return new OfType(count + 1, bytes + tensor.bytes());
    }
  }

  @Override
  public Integer call() throws IOException {
    OnnxInfo info = OnnxInfo.of(file);
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      out.println(toJson(info).toPrettyString());
    } else {
      print(info, out);
    }
    out.flush();
    return 0;
  }

  private static Map<String, OfType> byType(OnnxInfo info) {
    Map<String, OfType> types = new TreeMap<>();
    for (Initializer tensor : info.initializers()) {
      types.merge(tensor.type(), new OfType(0, 0).plus(tensor), (a, b) -> a.plus(tensor));
    }
    return types;
  }

  private void print(OnnxInfo info, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: ONNX model, %d bytes, IR version %d",
        file,
        info.bytes(),
        info.irVersion());
    info.opsets().forEach((domain, version) -> out.printf(Locale.ROOT, ", %s %d", domain, version));
    out.println(info.producer().isEmpty() ? "" : ", made by " + info.producer());
    print("input", info.inputs(), out);
    print("output", info.outputs(), out);
    out.printf(Locale.ROOT, "%n%d nodes%n", info.nodes());
    info.operators()
        .forEach((name, count) -> out.printf(Locale.ROOT, "  %-38s %6d%n", name, count));
    out.printf(Locale.ROOT, "%n%d initializers%n", info.initializers().size());
    byType(info)
        .forEach(
            (type, of) ->
                out.printf(Locale.ROOT, "  %-14s %6d %14d bytes%n", type, of.count(), of.bytes()));
    out.printf(Locale.ROOT, "%n%d quantized nodes%n", info.quantized().size());
    for (QuantizedNode node : info.quantized()) {
      out.printf(
          Locale.ROOT,
          "  %s  %s  %s × %s %s%s%n",
          node.name(),
          node.operator(),
          node.input(),
          node.weight(),
          node.shape(),
          node.scales() == 0 ? "" : ", scales: " + node.scales());
    }
    if (tensors) {
      out.println();
      for (Initializer tensor : info.initializers()) {
        out.printf(
            Locale.ROOT,
            "%s  %s %s%s%n",
            tensor.name(),
            tensor.type(),
            tensor.shape(),
            tensor.external() ? ", in another file" : "");
      }
    }
    List<Initializer> bad = info.initializers().stream().filter(t -> t.nonFinite() > 0).toList();
    if (!bad.isEmpty()) {
      out.println();
      bad.forEach(
          t ->
              out.printf(
                  Locale.ROOT,
                  "NaN or infinite: %d values of tensor %s%n",
                  t.nonFinite(),
                  t.name()));
    }
  }

  private static void print(String what, List<Value> values, PrintWriter out) {
    values.forEach(
        v -> out.printf(Locale.ROOT, "  %-6s %s  %s %s%n", what, v.name(), v.type(), v.shape()));
  }

  private ObjectNode toJson(OnnxInfo info) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("file", file.toString()).put("bytes", info.bytes());
    root.put("irVersion", info.irVersion()).put("producer", info.producer());
    info.opsets().forEach(root.putObject("opsets")::put);
    put(root.putArray("inputs"), info.inputs());
    put(root.putArray("outputs"), info.outputs());
    root.put("nodes", info.nodes());
    info.operators().forEach(root.putObject("operators")::put);
    ObjectNode types = root.putObject("types");
    byType(info)
        .forEach(
            (type, of) ->
                types.putObject(type).put("tensors", of.count()).put("bytes", of.bytes()));
    ArrayNode quantized = root.putArray("quantizedNodes");
    for (QuantizedNode node : info.quantized()) {
      ObjectNode object = quantized.addObject();
      object.put("name", node.name()).put("operator", node.operator());
      object.put("input", node.input()).put("weight", node.weight());
      node.shape().forEach(object.putArray("shape")::add);
      object.put("scales", node.scales());
    }
    ArrayNode initializers = root.putArray("initializers");
    for (Initializer tensor : info.initializers()) {
      ObjectNode object = initializers.addObject();
      object.put("name", tensor.name()).put("type", tensor.type());
      tensor.shape().forEach(object.putArray("shape")::add);
      object.put("bytes", tensor.bytes()).put("external", tensor.external());
      object.put("nonFinite", tensor.nonFinite());
    }
    return root;
  }

  private static void put(ArrayNode list, List<Value> values) {
    for (Value value : values) {
      ObjectNode object = list.addObject().put("name", value.name()).put("type", value.type());
      value.shape().forEach(object.putArray("shape")::add);
    }
  }
}
