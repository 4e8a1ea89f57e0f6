package dev.bitfold.onnx.model.budget;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.model.budget.Problem.Gain;
import dev.bitfold.onnx.model.budget.Problem.Implied;
import dev.bitfold.onnx.model.cut.Int8Operators;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.DoubleStream;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/** Writes down what quantizing each unit of a graph takes, and what units save together. */
final class ProblemBuilder {
  private final Graph graph;
  private final List<Unit> units;
  private final Map<String, String> layerOutputs;
  private final Times times;
  private final Map<String, Integer> points = new HashMap<>();
  private final Map<String, Integer> layers = new HashMap<>();
  private final double[] time;
  private final List<Gain> timeGains = new ArrayList<>();
  private final List<Implied> implied = new ArrayList<>();

  /** For each node that can run on integers, the units that it takes. */
  private final Map<String, BitSet> onIntegers = new LinkedHashMap<>();

  private ProblemBuilder(
      Graph graph, List<Unit> units, Map<String, String> layerOutputs, Times times) {
    this.graph = graph;
    this.layerOutputs = layerOutputs;
    this.units = units;
    this.times = times;
    this.time = new double[units.size()];
    for (int i = 0; i < units.size(); i++) {
      for (String value : units.get(i).values()) {
        points.put(value, i);
      }
      for (String node : units.get(i).nodes()) {
        layers.put(node, i);
      }
    }
  }

  /**
   * Returns the problem.
   *
   * @param layerOutputs the value that each node of a layer yields, with its bias
   * @param errors what each switch does to the output
   */
  static Problem of(
      Graph graph,
      List<Unit> units,
      Map<String, String> layerOutputs,
      Times times,
      Map<String, Double> errors,
      long floatBytes) {
    ProblemBuilder builder = new ProblemBuilder(graph, units, layerOutputs, times);
    builder.times();
    double[] error = new double[units.size()];
    List<Gain> errorGains = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      Unit unit = units.get(i);
      double input = errors.getOrDefault(unit.input(), 0.0);
      error[i] = errors.getOrDefault(unit.main(), 0.0) + input;
      Integer point = builder.pointBefore(unit);
      if (point != null && input > 0) {
        errorGains.add(new Gain(input, of(i, point)));
      }
    }
    return new Problem(
        units,
        times.total(),
        DoubleStream.of(builder.time).boxed().toList(),
        builder.timeGains,
        DoubleStream.of(error).boxed().toList(),
        errorGains,
        builder.implied,
        floatBytes);
  }

  private static BitSet of(int... members) {
    BitSet set = new BitSet();
    for (int member : members) {
      set.set(member);
    }
    return set;
  }

  /** The point that a layer reads, where all of its nodes read one. */
  private @Nullable Integer pointBefore(Unit unit) {
    Set<Optional<Integer>> read = new HashSet<>();
    for (String node : unit.nodes()) {
      String value = graph.node(node).orElseThrow().getInput(0);
      read.add(Optional.ofNullable(points.get(value)));
    }
    return read.size() == 1 ? read.iterator().next().orElse(null) : null;
  }

  private void times() {
    for (NodeProto node : graph.sorted()) {
      integers(node);
    }
    units.stream().filter(Unit::isLayer).forEach(this::layer);
    points.forEach(this::point);
  }

  private void integers(NodeProto node) {
    Integer layer = layers.get(node.getName());
    if (Int8Operators.isMover(node)) {
      Integer point = points.get(node.getOutput(0));
      if (point != null) {
        BitSet one = of(point);
        onIntegers.put(node.getName(), one);
        gain(faster(node.getName()), one);
      }
      return;
    }
    if (!Int8Operators.isInteger(node)) {
      return;
    }
    Integer yielded = points.get(Int8Operators.behind(graph, output(node)));
    if (yielded == null) {
      return;
    }
    BitSet needed = of(yielded);
    if (layer != null) {
      needed.set(layer);
      Integer read = points.get(node.getInput(0));
      if (read != null) {
        implied.add(new Implied(of(read, yielded), layer));
      }
    } else if (!inputs(node, needed)) {
      return;
    }
    onIntegers.put(node.getName(), needed);
    gain(faster(node.getName()) + activations(output(node)), needed);
  }

  /** What a node yields; a layer's, with its bias. */
  private String output(NodeProto node) {
    return layerOutputs.getOrDefault(node.getName(), node.getOutput(0));
  }

  private boolean inputs(NodeProto node, BitSet needed) {
    for (String input : node.getInputList()) {
      Optional<TensorProto> constant = graph.held(input);
      Integer point = points.get(input);
      if (point != null) {
        needed.set(point);
      } else if (constant.filter(Int8Operators::isSingle).isEmpty()
          || !Int8Operators.takesConstants(node)) {
        return false;
      }
    }
    return true;
  }

  private double faster(String node) {
    Double integers = times.integers().get(node);
    return integers == null ? 0 : times.ofFloats(node) - integers;
  }

  /** The time of the activations that vanish into the quantizer behind them. */
  private double activations(String value) {
    double sum = 0;
    String last = Int8Operators.behind(graph, value);
    for (String at = last; !at.equals(value); ) {
      NodeProto node = Objects.requireNonNull(graph.producer(at));
      sum += times.ofFloats(node.getName());
      at = node.getInput(0);
    }
    return sum;
  }

  /** Adds what is saved; what is lost together is counted against the last of the units. */
  private void gain(double micros, BitSet together) {
    if (micros > 0) {
      timeGains.add(new Gain(micros, together));
    } else {
      time[together.length() - 1] -= micros;
    }
  }

  /** A quantized layer converts its input and, unless it runs on integers, its weight. */
  private void layer(Unit unit) {
    int self = units.indexOf(unit);
    Integer point = pointBefore(unit);
    for (String name : unit.nodes()) {
      NodeProto node = graph.node(name).orElseThrow();
      NodeProto producer = graph.producer(node.getInput(0));
      double bytes =
          producer == null ? 0 : times.bytes().getOrDefault(producer.getName(), 0L).doubleValue();
      double convert = bytes * (times.quantize() + times.dequantize());
      time[self] += convert;
      if (point != null) {
        gain(convert, of(self, point));
      }
      double weight = unit.bytes() * 4.0 / 3 / unit.nodes().size() * times.dequantize();
      time[self] += weight;
      BitSet integers = onIntegers.get(name);
      if (integers != null) {
        // Without a point before it, it still reads codes.
        gain(weight + (point == null ? bytes * times.dequantize() : 0), integers);
      }
    }
  }

  private void point(String value, int unit) {
    NodeProto producer = Objects.requireNonNull(graph.producer(value));
    if (Int8Operators.isMover(producer) && points.containsKey(producer.getInput(0))) {
      return;
    }
    NodeProto computed = producer;
    while (Int8Operators.isActivation(computed) && graph.producer(computed.getInput(0)) != null) {
      computed = Objects.requireNonNull(graph.producer(computed.getInput(0)));
    }
    double bytes = times.bytes().getOrDefault(computed.getName(), 0L).doubleValue();
    double quantize = bytes * times.quantize();
    time[unit] += quantize;
    BitSet yields = onIntegers.get(computed.getName());
    if (yields != null) {
      gain(quantize, yields);
    }
    double dequantize = bytes * times.dequantize();
    time[unit] += dequantize;
    BitSet all = of(unit);
    for (NodeProto reader : graph.readers(value)) {
      BitSet reads = onIntegers.get(reader.getName());
      if (reads == null) {
        return;
      }
      all.or(reads);
    }
    gain(dequantize, all);
  }
}
