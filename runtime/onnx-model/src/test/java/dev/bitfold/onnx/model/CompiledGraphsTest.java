package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.onnx.file.OnnxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import onnx.Onnx.ModelProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The compiler sees a file before it is prepared: what it refuses must be no layer at run time, and
 * whatever is a layer there can be named.
 */
@Tag("any-jdk")
class CompiledGraphsTest {
  private static final Pattern OF_GRAPH = Pattern.compile("\"/g(\\d+)\\.onnx\"");

  @Test
  void everyLayerCanBeNamedAndFilesThatAreRefusedHaveNone(@TempDir Path folder) throws IOException {
    CompiledFile compiled = new CompiledFile(folder).with("-Xmaxerrs").with("100000");
    Map<String, String> sources = new LinkedHashMap<>();
    Map<String, Integer> layers = new TreeMap<>();
    int graph = 0;
    for (Map.Entry<String, ModelProto> entry : SmallGraphs.all().entrySet()) {
      String resource = "/g" + graph + ".onnx";
      List<String> nodes = nodes(entry.getValue());
      layers.put(String.valueOf(graph), nodes.size());
      StringBuilder source = new StringBuilder("package com.acme;\n");
      source.append("import dev.bitfold.annotations.*;\n");
      source.append("/** ").append(entry.getKey().replace("*", "_")).append(" */\n");
      source.append("@QuantizeOnnx(\"").append(resource).append("\")\n");
      for (String node : nodes) {
        source.append("@Nodes(value = \"").append(node).append("\", skip = true)\n");
      }
      source.append("interface G").append(graph).append(" {}\n");
      compiled.resource(resource.substring(1), entry.getValue());
      sources.put("com.acme.G" + graph, source.toString());
      graph++;
    }
    List<String> wrong = new ArrayList<>();
    int refused = 0;
    for (String problem : compiled.problems(sources)) {
      Matcher of = OF_GRAPH.matcher(problem);
      if (of.find() && layers.getOrDefault(of.group(1), 1) == 0) {
        refused++;
      } else {
        wrong.add(problem);
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(refused > 3, "files without layers are refused: " + refused);
    assertTrue(layers.values().stream().filter(count -> count > 0).count() > 20);
  }

  /** The names of all nodes that are layers, or parts of one, once the file is prepared. */
  private static List<String> nodes(ModelProto model) throws IOException {
    try (OnnxModel opened = OnnxModel.from(model.toByteArray()).threads(1).open()) {
      return opened.layers().stream().flatMap(layer -> layer.nodes().stream()).toList();
    } catch (OnnxException e) {
      return List.of();
    }
  }
}
