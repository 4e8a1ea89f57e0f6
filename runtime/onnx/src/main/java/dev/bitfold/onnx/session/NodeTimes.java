package dev.bitfold.onnx.session;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.ModelProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Measures how long each node of a model takes, with ONNX Runtime's own profile. */
public final class NodeTimes {
  private static final String SUFFIX = "_kernel_time";
  private static final ObjectMapper JSON = new ObjectMapper();

  private NodeTimes() {}

  /**
   * What a node of the optimized graph takes.
   *
   * @param name of the node, as ONNX Runtime's optimizer has left it
   * @param operator that was run
   * @param micros the median of all runs, in microseconds
   * @param outputBytes the size of what it yields
   */
  public record NodeTime(String name, String operator, double micros, long outputBytes) {}

  /**
   * Runs a model, and returns its nodes in the order in which they were run.
   *
   * @param runs that are counted; a third as many come before
   * @throws SessionException if ONNX Runtime does not accept the model or the feed
   * @throws IOException if the profile cannot be written and read in the folder for temporary files
   */
  public static List<NodeTime> of(
      ModelProto model, Settings settings, Map<String, INDArray> feed, int runs)
      throws IOException {
    Path folder = Files.createTempDirectory("bitfold-profile");
    try {
      return read(run(model, settings, feed, runs, folder), runs);
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private static Path run(
      ModelProto model, Settings settings, Map<String, INDArray> feed, int runs, Path folder) {
    try (OrtSession.SessionOptions options = settings.options()) {
      options.enableProfiling(folder.resolve("run").toString());
      try (Session session = Session.of(model, options)) {
        for (int run = 0; run < runs + runs / 3; run++) {
          session.run(feed, (name, value) -> {});
        }
        return Path.of(session.endProfiling());
      }
    } catch (OrtException e) {
      throw new SessionException(e);
    }
  }

  private static List<NodeTime> read(Path profile, int runs) throws IOException {
    Map<String, List<JsonNode>> events = new LinkedHashMap<>();
    for (JsonNode event : JSON.readTree(profile.toFile())) {
      String name = event.path("name").asText();
      if (event.path("cat").asText().equals("Node") && name.endsWith(SUFFIX)) {
        String node = name.substring(0, name.length() - SUFFIX.length());
        events.computeIfAbsent(node, key -> new ArrayList<>()).add(event);
      }
    }
    List<NodeTime> times = new ArrayList<>();
    events.forEach(
        (name, all) -> {
          List<JsonNode> counted = all.subList(Math.max(0, all.size() - runs), all.size());
          List<Double> micros = new ArrayList<>();
          counted.forEach(event -> micros.add(event.path("dur").asDouble()));
          Collections.sort(micros);
          JsonNode last = counted.get(counted.size() - 1).path("args");
          times.add(
              new NodeTime(
                  name,
                  last.path("op_name").asText(),
                  micros.get(micros.size() / 2),
                  last.path("output_size").asLong()));
        });
    return times;
  }
}
