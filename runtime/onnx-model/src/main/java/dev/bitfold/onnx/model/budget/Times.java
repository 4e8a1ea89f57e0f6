package dev.bitfold.onnx.model.budget;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.NodeTimes;
import dev.bitfold.onnx.session.Settings;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import onnx.Onnx.NodeProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How long each node of a float file takes, as float and on 8-bit integers, and what converting a
 * value takes. Times are microseconds. Immutable.
 *
 * @param floats by the name of the node
 * @param integers by the name of the node, of nodes that were run on integers
 * @param bytes of the value that a node yields as float, by the name of the node
 * @param quantize for a byte of floats
 * @param dequantize for a byte of floats
 */
record Times(
    Map<String, Double> floats,
    Map<String, Double> integers,
    Map<String, Long> bytes,
    double quantize,
    double dequantize) {
  private static final Pattern ADDED = Pattern.compile("(_token_\\d+|_nchwc)+$");
  private static final String QUANTIZE = "QuantizeLinear";
  private static final String DEQUANTIZE = "DequantizeLinear";
  private static final int FLOAT_BYTES = 4;

  /** Measures a float file, and the file of it in which everything is quantized. */
  static Times measure(
      OnnxFile floats, OnnxFile quantized, Map<String, INDArray> feed, int threads, int runs)
      throws IOException {
    Settings settings = Settings.DEFAULT.withThreads(threads);
    Graph graph = new Graph(floats);
    Measured before = new Measured(graph, NodeTimes.of(floats.model(), settings, feed, runs));
    Measured after = new Measured(graph, NodeTimes.of(quantized.model(), settings, feed, runs));
    return new Times(
        before.times,
        after.times,
        before.bytes,
        after.perByte(QUANTIZE, FLOAT_BYTES),
        after.perByte(DEQUANTIZE, 1));
  }

  double total() {
    return floats.values().stream().mapToDouble(time -> time).sum();
  }

  double ofFloats(String node) {
    return floats.getOrDefault(node, 0.0);
  }

  /** One profile, by the nodes of the float file. */
  private static final class Measured {
    private final Graph graph;
    private final Map<String, Double> times = new HashMap<>();
    private final Map<String, Long> bytes = new HashMap<>();
    private final List<NodeTimes.NodeTime> all;

    Measured(Graph graph, List<NodeTimes.NodeTime> all) {
      this.graph = graph;
      this.all = all;
      String last = "";
      double waiting = 0;
      for (NodeTimes.NodeTime time : all) {
        String node = nodeOf(time);
        if (node != null) {
          last = node;
          times.merge(node, time.micros() + waiting, Double::sum);
          bytes.put(node, time.outputBytes());
          waiting = 0;
        } else if (time.operator().equals("ReorderOutput") && !last.isEmpty()) {
          times.merge(last, time.micros(), Double::sum);
        } else if (!time.operator().equals(QUANTIZE) && !time.operator().equals(DEQUANTIZE)) {
          waiting += time.micros();
        }
      }
    }

    /** The node of the float file that was run: by its name, or by that of its output. */
    private @Nullable String nodeOf(NodeTimes.NodeTime time) {
      String name = ADDED.matcher(time.name()).replaceFirst("");
      if (graph.node(name).isPresent()) {
        return name;
      }
      NodeProto producer = graph.producer(name);
      return producer == null ? null : producer.getName();
    }

    /** What an operator takes for a byte that it yields, times a factor. */
    double perByte(String operator, int factor) {
      double micros = 0;
      double yielded = 0;
      for (NodeTimes.NodeTime time : all) {
        if (time.operator().equals(operator)) {
          micros += time.micros();
          yielded += (double) time.outputBytes() * factor;
        }
      }
      return yielded == 0 ? 0 : micros / yielded;
    }
  }
}
