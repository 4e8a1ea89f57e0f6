package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OpsetRaise;
import dev.bitfold.onnx.session.RuntimeValue;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import onnx.Onnx.ModelProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A graph that is cut at its layers: what lies between two cuts is one session of ONNX Runtime.
 * Safe for concurrent use. To be closed.
 */
public final class CutGraph implements AutoCloseable {
  private final Graph graph;
  private final Sessions sessions;
  private final List<LeftNode> left;
  private final Map<String, CutLayer> layers = new LinkedHashMap<>();
  private final Map<String, CutPoint> points = new LinkedHashMap<>();
  private final List<Stage> stages;

  private CutGraph(OnnxFile file, UnaryOperator<String> names, int threads, boolean withPoints) {
    ModelProto model = file.model();
    this.graph = new Graph(file);
    graph.removeUnread();
    LayerFinder.Result found = LayerFinder.find(graph, names);
    this.left = found.left();
    this.sessions = new Sessions(file.name(), threads);
    try {
      if (withPoints) {
        PointFinder.find(graph, names, found.layers(), new FloatValues(sessions, model)::contain)
            .forEach(point -> points.put(point.path(), new CutPoint(point)));
      }
      Schedule schedule =
          Schedule.of(
              graph,
              OpsetRaise.of(file.name(), model),
              found.layers(),
              points.values().stream().map(CutPoint::found).toList());
      StageBuilder builder = new StageBuilder(sessions, model, graph, schedule);
      Map<FoundLayer, CutLayer> made = new HashMap<>();
      this.stages =
          builder.build(
              call ->
                  made.computeIfAbsent(
                      call.layer(),
                      layer ->
                          new CutLayer(
                              layer,
                              LayerTensors.weight(graph, layer),
                              LayerTensors.bias(graph, layer),
                              LayerSession.of(
                                  sessions, model, layer, builder.elementType(call.call().input())),
                              withPoints)));
      for (FoundLayer layer : found.layers()) {
        layers.put(layer.path(), Objects.requireNonNull(made.get(layer)));
      }
    } catch (RuntimeException e) {
      sessions.close();
      throw e;
    }
  }

  /**
   * Finds the layers of a file and opens its sessions.
   *
   * @param names the name that users know a node by
   * @param threads of each session
   * @param points whether it is also cut at tensors between operators
   * @throws OnnxException if the file is quantized already, or ONNX Runtime does not take it
   */
  public static CutGraph of(
      OnnxFile file, UnaryOperator<String> names, int threads, boolean points) {
    return new CutGraph(file, names, threads, points);
  }

  /** Returns the layers by path, in the order of the graph. */
  public Map<String, CutLayer> layers() {
    return Collections.unmodifiableMap(layers);
  }

  /** Returns the points by path, in the order of the graph. */
  public Map<String, CutPoint> points() {
    return Collections.unmodifiableMap(points);
  }

  /** Returns the nodes that stay float. */
  public List<LeftNode> left() {
    return left;
  }

  /** Returns the inputs that are fed, in the file's order. */
  public List<ValueInfoProto> inputs() {
    return graph.fedInputs();
  }

  /** Returns the names of the outputs, in the file's order. */
  public List<String> outputs() {
    return graph.graphOutputs();
  }

  /**
   * Runs the graph.
   *
   * @param with the layers to compute with, by path
   * @param at the points to quantize at, by path
   * @param feed a value for each input
   * @return the outputs that are tensors, by name
   */
  public Map<String, INDArray> run(
      Map<String, CutLayer> with, Map<String, CutPoint> at, Map<String, INDArray> feed) {
    sessions.enter();
    Map<String, RuntimeValue> values = new HashMap<>();
    try {
      for (ValueInfoProto input : graph.fedInputs()) {
        INDArray x = Objects.requireNonNull(feed.get(input.getName()), input.getName());
        values.put(input.getName(), RuntimeValue.of(x, Values.elementType(input), input.getName()));
      }
      for (Stage stage : stages) {
        run(stage, with, values);
        quantize(stage, at, values);
        for (String value : stage.dead()) {
          RuntimeValue held = values.remove(value);
          if (held != null) {
            held.close();
          }
        }
      }
      Map<String, INDArray> outputs = new LinkedHashMap<>();
      for (String output : graph.graphOutputs()) {
        RuntimeValue held = values.get(output);
        if (held != null) {
          outputs.put(output, held.array());
        }
      }
      return outputs;
    } catch (SessionException e) {
      throw new OnnxException(sessions.file(), "cannot be run: " + e.getMessage(), e);
    } finally {
      values.values().forEach(RuntimeValue::close);
      sessions.leave();
    }
  }

  private static void run(
      Stage stage, Map<String, CutLayer> with, Map<String, RuntimeValue> values) {
    Session session = stage.session();
    if (session != null) {
      // Each output is closed at its last reader.
      values.putAll(session.run(values));
    }
    for (Schedule.LayerCall call : stage.calls()) {
      CutLayer layer = Objects.requireNonNull(with.get(call.layer().path()));
      RuntimeValue x = value(values, call.call().input());
      values.put(call.call().joined(), layer.call(x));
    }
  }

  private static void quantize(
      Stage stage, Map<String, CutPoint> at, Map<String, RuntimeValue> values) {
    for (FoundPoint point : stage.points()) {
      CutPoint quantizer = Objects.requireNonNull(at.get(point.path()));
      RuntimeValue x = value(values, point.value());
      RuntimeValue quantized = quantizer.call(x);
      if (quantized != null) {
        values.put(point.value(), quantized);
        x.close();
      }
    }
  }

  private static RuntimeValue value(Map<String, RuntimeValue> values, String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  @Override
  public void close() {
    sessions.close();
  }
}
