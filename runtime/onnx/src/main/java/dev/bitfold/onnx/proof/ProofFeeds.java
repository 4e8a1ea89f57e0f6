package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.session.RandomFeeds;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.ValueType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Makes random data for the inputs of a float model. */
final class ProofFeeds {
  /** The sizes of open axes that are tried one after another, until the model accepts them. */
  private static final List<Integer> SIZES = List.of(8, 32, 16, 64, 128, 224, 4, 1);

  /** The operators whose output holds the same numbers as their first input. */
  private static final Set<String> SAME_NUMBERS =
      Set.of("Cast", "Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten");

  private final Graph graph;
  private final RandomFeeds feeds;

  ProofFeeds(Reference reference, long seed) {
    this.graph = new Graph(reference.original());
    Map<String, RandomFeeds.Range> ranges = new HashMap<>();
    for (Cut cut : reference.cuts()) {
      boolean fixed = cut.activation().ofRange().isEmpty();
      if (!cut.output() && fixed && cut.activation().factors().isEmpty()) {
        Activation.Range range = cut.activation().range();
        if (range.low() < range.high()) {
          ranges.put(cut.value(), new RandomFeeds.Range(range.low(), range.high()));
        }
      }
    }
    List<ValueType> inputs = graph.fedInputs().stream().map(ValueType::of).toList();
    Map<String, Long> tables = new HashMap<>();
    inputs.forEach(input -> below(input.name()).ifPresent(rows -> tables.put(input.name(), rows)));
    this.feeds = new RandomFeeds(inputs, ranges, tables, seed);
  }

  /** Tries a feed. */
  @FunctionalInterface
  interface Taker {
    void run(Map<String, INDArray> feed);
  }

  /**
   * Returns two feeds of different sizes if the file leaves sizes open, so that sizes that an
   * export has mistaken for fixed ones are found. Returns one feed if the model does not accept the
   * second.
   *
   * @throws OnnxException if the model accepts no random data
   */
  List<Map<String, INDArray>> takenBy(Taker model) {
    String refusal = "";
    for (int size : SIZES) {
      Map<String, INDArray> first = feed(2, size);
      try {
        model.run(first);
      } catch (SessionException e) {
        refusal = refusal.isEmpty() ? String.valueOf(e.getMessage()) : refusal;
        continue;
      }
      Map<String, INDArray> second = feed(3, size + (size > 1 ? size / 2 : 1));
      try {
        model.run(second);
      } catch (SessionException e) {
        return List.of(first);
      }
      return List.of(first, second);
    }
    throw graph.bad(
        "cannot be proved on random data, which the float model does not take ("
            + refusal
            + "); give the proof data: options.withProof(OnnxProof.on(feeds))");
  }

  private Map<String, INDArray> feed(int batch, int size) {
    try {
      return feeds.draw(new RandomFeeds.Kind(batch, size, 2, false));
    } catch (SessionException e) {
      throw graph.bad(
          e.getMessage()
              + ", so that no random data can be made for the proof; give it data:"
              + " options.withProof(OnnxProof.on(feeds))");
    }
  }

  /** Returns the number of rows of the smallest table that an input's numbers index. */
  private OptionalLong below(String input) {
    OptionalLong below = OptionalLong.empty();
    Set<String> seen = new HashSet<>();
    Deque<String> values = new ArrayDeque<>(List.of(input));
    while (!values.isEmpty()) {
      String value = values.remove();
      for (NodeProto reader : graph.readers(value)) {
        if (Graph.is(reader, "Gather") && reader.getInput(1).equals(value)) {
          long axis =
              reader.getAttributeList().stream()
                  .filter(a -> a.getName().equals("axis"))
                  .mapToLong(AttributeProto::getI)
                  .findFirst()
                  .orElse(0);
          List<Long> table =
              new ArrayList<>(
                  graph.held(reader.getInput(0)).map(TensorProto::getDimsList).orElse(List.of()));
          int at = (int) (axis < 0 ? axis + table.size() : axis);
          if (at >= 0 && at < table.size()) {
            below = OptionalLong.of(Math.min(below.orElse(Long.MAX_VALUE), table.get(at)));
          }
        } else if (SAME_NUMBERS.contains(reader.getOpType())
            && reader.getInput(0).equals(value)
            && seen.add(reader.getOutput(0))) {
          values.add(reader.getOutput(0));
        }
      }
    }
    return below;
  }
}
