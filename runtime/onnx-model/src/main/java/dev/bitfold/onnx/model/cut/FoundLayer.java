package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.export.MappedNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * A layer that was found in a graph. Immutable.
 *
 * @param path the name of its first node
 * @param operator of its nodes
 * @param letters of its tensors
 * @param biased whether it has a bias
 * @param calls where it is computed: once, or as often as nodes read its weight
 */
public record FoundLayer(
    String path, String operator, Letters letters, boolean biased, List<Call> calls) {
  /** Copies the calls. */
  public FoundLayer {
    calls = List.copyOf(calls);
  }

  /**
   * One place where a layer is computed.
   *
   * @param nodes its nodes, which read one value; their output channels stand one after the other
   *     in the layer's
   * @param input the value that they read
   * @param outputs the value that each node, with its bias, yields
   */
  public record Call(List<MappedNode> nodes, String input, List<String> outputs) {
    /** Copies the lists. */
    public Call {
      nodes = List.copyOf(nodes);
      outputs = List.copyOf(outputs);
    }

    static Call of(List<MappedNode> nodes, boolean biased) {
      MappedNode first = nodes.get(0);
      String input = first.isGather() ? first.node().getInput(1) : first.data();
      return new Call(nodes, input, nodes.stream().map(node -> node.output(biased)).toList());
    }

    /** Returns the value that holds the outputs of all nodes. */
    String joined() {
      return outputs.size() == 1 ? outputs.get(0) : outputs.get(0) + "/joined";
    }
  }

  /** Returns the nodes that hold the weight: those of the first call. */
  public List<MappedNode> parts() {
    return calls.get(0).nodes();
  }

  /** Returns the value that each node yields, with its bias, by the node's name. */
  public Map<String, String> outputs() {
    Map<String, String> outputs = new LinkedHashMap<>();
    for (Call call : calls) {
      for (int part = 0; part < call.nodes().size(); part++) {
        outputs.put(call.nodes().get(part).name(), call.outputs().get(part));
      }
    }
    return outputs;
  }

  /** Returns the names of the nodes that a call stands for, those that add its bias too. */
  Set<String> covered(Call call) {
    Set<String> covered = new LinkedHashSet<>();
    for (MappedNode node : call.nodes()) {
      covered.add(node.name());
      NodeProto bias = biased ? node.biasNode() : null;
      if (bias != null) {
        covered.add(bias.getName());
      }
    }
    return covered;
  }

  /** Returns how many output channels each part has. */
  long[] channels() {
    return parts().stream()
        .mapToLong(
            part ->
                part.weight()
                    .getDims(part.isTransposed() ? 1 - letters.outputAxis() : letters.outputAxis()))
        .toArray();
  }

  /** Returns the names of the nodes of the first call. */
  public List<String> nodeNames() {
    List<String> names = new ArrayList<>();
    parts().forEach(node -> names.add(node.name()));
    return names;
  }
}
