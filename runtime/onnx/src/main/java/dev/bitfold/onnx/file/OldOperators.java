package dev.bitfold.onnx.file;

import dev.bitfold.onnx.file.OpsetChanges.Change;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.TensorProto;

/**
 * The operators whose meaning changes from version 6 to version 11, and how a node of the earlier
 * one is written in the later one. Attributes that become inputs keep their default: what a node
 * leaves out is written out where the later version means something else. Where the earlier
 * definition is silent, ONNX Runtime's kernel is followed, as a file's numbers come from there.
 * Lists the operators whose meaning changes between versions 7 and 11, and how a node of the
 * earlier version is written in the later one. If an attribute becomes an input with another
 * default, the former default is written out. Where the earlier definition is silent, ONNX
 * Runtime's kernel is followed, because the numbers of a file come from it.
 */
final class OldOperators {
  /** Operators that were never part of the format, some of which ONNX Runtime runs in old files. */
  private static final Set<String> EXPERIMENTAL =
      Set.of(
          "ATen",
          "Affine",
          "ConstantFill",
          "Crop",
          "DynamicSlice",
          "GRUUnit",
          "GivenTensorFill",
          "ImageScaler",
          "ParametricSoftplus",
          "Scale",
          "ScaledTanh");

  /** What broadcast the second operand as attributes said, and then as NumPy does. */
  private static final List<String> ARITHMETIC =
      List.of("Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor");

  private static final int SCALES = 1;

  private OldOperators() {}

  /** Returns the changes of each operator, in order of their versions. */
  static Map<String, List<Change>> changes() {
    Map<String, List<Change>> changes = new HashMap<>();
    for (String name : ARITHMETIC) {
      changes.put(name, List.of(new Change(7, OldOperators::broadcast)));
    }
    for (String name : List.of("GRU", "LSTM", "RNN")) {
      changes.put(name, List.of(new Change(7, node -> node.remove("output_sequence"))));
    }
    changes.put("Gemm", List.of(new Change(7, node -> node.remove("broadcast"))));
    changes.put("PRelu", List.of(new Change(7, OldOperators::slope)));
    changes.put(
        "BatchNormalization",
        List.of(new Change(7, OldOperators::tested), new Change(9, OldOperators::spatial)));
    changes.put("Clip", List.of(new Change(11, OldOperators::clip)));
    changes.put(
        "Dropout",
        List.of(new Change(7, OldOperators::tested), new Change(10, OldOperators::mask)));
    changes.put("Pad", List.of(new Change(11, OldOperators::pad)));
    changes.put("Resize", List.of(new Change(11, OldOperators::resize)));
    changes.put("Scan", List.of(new Change(9, OldOperators::scan)));
    changes.put(
        "Scatter", List.of(new Change(11, node -> node.node().setOpType("ScatterElements"))));
    changes.put("Slice", List.of(new Change(10, OldOperators::slice)));
    changes.put("TopK", List.of(new Change(10, OldOperators::topK)));
    changes.put(
        "Upsample",
        List.of(
            new Change(7, OldOperators::oldUpsample),
            new Change(9, OldOperators::upsampleScales),
            new Change(10, OldOperators::upsample)));
    for (String name : EXPERIMENTAL) {
      changes.put(
          name,
          List.of(
              new Change(
                  10,
                  node -> {
                    throw node.refused("is an experimental operator, which opset 10 dropped");
                  })));
    }
    return changes;
  }

  /** The axes of the second operand were those of the first from an axis on; else its last. */
  private static void broadcast(NodeRewrite node) {
    boolean spread = node.attribute("broadcast").map(AttributeProto::getI).orElse(0L) != 0;
    long axis = node.attribute("axis").map(AttributeProto::getI).orElse(-1L);
    if (spread && axis >= 0) {
      OptionalInt first = node.rank(0);
      OptionalInt second = node.rank(1);
      if (first.isEmpty() || second.isEmpty()) {
        throw node.refused("broadcasts along an axis of a tensor whose rank is not known");
      }
      trail(node, second.getAsInt(), first.getAsInt() - (int) axis - second.getAsInt());
    }
    node.remove("broadcast");
    node.remove("axis");
    node.remove("consumed_inputs");
  }

  /** A vector held the slope of each channel; then slopes are broadcast from the last axis. */
  private static void slope(NodeRewrite node) {
    OptionalInt slope = node.rank(1);
    boolean one =
        node.constant(1).filter(t -> t.getDimsCount() == 1 && t.getDims(0) == 1).isPresent();
    if (!one && (slope.isEmpty() || slope.getAsInt() == 1)) {
      OptionalInt rank = node.rank(0);
      if (slope.isEmpty() || rank.isEmpty()) {
        throw node.refused("has slopes for a tensor whose rank is not known");
      }
      trail(node, 1, rank.getAsInt() - 2);
    }
    node.remove("consumed_inputs");
  }

  /** Gives the second input more axes of size 1 at the end. */
  private static void trail(NodeRewrite node, int rank, int more) {
    if (more > 0) {
      long[] shape = new long[rank + more];
      Arrays.fill(shape, rank, shape.length, 1);
      String sizes = node.constant(Tensors.of(node.name("shape"), shape));
      String second = node.node().getInput(1);
      node.input(1, node.before("Reshape", "spread", n -> n.addInput(second).addInput(sizes)));
    }
  }

  private static void tested(NodeRewrite node) {
    if (node.attribute("is_test").map(AttributeProto::getI).orElse(0L) == 0) {
      throw node.refused("is in training mode: it has no is_test = 1");
    }
    node.remove("is_test");
    node.remove("consumed_inputs");
  }

  private static void oldUpsample(NodeRewrite node) {
    throw node.refused("has a form that opset 7 replaced");
  }

  /** Refuses statistics of each activation instead of each channel, which have no later form. */
  private static void spatial(NodeRewrite node) {
    if (node.attribute("spatial").map(AttributeProto::getI).orElse(1L) != 1) {
      throw node.refused("has spatial = 0, which opset 9 dropped");
    }
    node.remove("spatial");
  }

  /** Writes the former default bound, the largest float, which clips infinities. */
  private static void clip(NodeRewrite node) {
    int type = node.elementType(0);
    float min = node.attribute("min").map(AttributeProto::getF).orElse(-Float.MAX_VALUE);
    float max = node.attribute("max").map(AttributeProto::getF).orElse(Float.MAX_VALUE);
    node.input(1, node.number("min", type, min));
    node.input(2, node.number("max", type, max));
    node.remove("min");
    node.remove("max");
  }

  /** Converts the mask, which was of floats and is now of booleans. */
  private static void mask(NodeRewrite node) {
    if (node.node().getOutputCount() > 1 && !node.node().getOutput(1).isEmpty()) {
      throw node.refused("yields a mask, which opset 10 has changed");
    }
  }

  private static void scan(NodeRewrite node) {
    throw node.refused("has a form that opset 9 replaced");
  }

  private static void pad(NodeRewrite node) {
    float value = node.attribute("value").map(AttributeProto::getF).orElse(0f);
    node.toInput("pads", 1);
    if (value != 0) {
      node.input(2, node.number("value", node.elementType(0), value));
    }
    node.remove("value");
  }

  private static void slice(NodeRewrite node) {
    node.toInput("starts", 1);
    node.toInput("ends", 2);
    node.toInput("axes", 3);
  }

  private static void topK(NodeRewrite node) {
    long k =
        node.attribute("k")
            .map(AttributeProto::getI)
            .orElseThrow(() -> node.refused("has no attribute k"));
    node.input(1, node.constant(Tensors.of(node.name("k"), k)));
    node.remove("k");
  }

  private static void upsampleScales(NodeRewrite node) {
    float[] scales =
        toFloats(
            node.attribute("scales").orElseThrow(() -> node.refused("has no attribute scales")));
    node.input(SCALES, node.constant(Tensors.of(node.name("scales"), scales, scales.length)));
    node.remove("scales");
  }

  private static float[] toFloats(AttributeProto attribute) {
    float[] values = new float[attribute.getFloatsCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = attribute.getFloats(i);
    }
    return values;
  }

  private static void upsample(NodeRewrite node) {
    node.node().setOpType("Resize");
    // It never shrinks.
    resize(node, node.constant(SCALES).isPresent() ? rounding(node) : "floor");
  }

  private static void resize(NodeRewrite node) {
    boolean nearest = node.text("mode").orElse("nearest").equals("nearest");
    resize(node, nearest ? rounding(node) : "floor");
  }

  /**
   * Keeps coordinates without a shift. The nearest one is below if the tensor grows, and above if
   * it shrinks.
   */
  private static void resize(NodeRewrite node, String nearest) {
    node.set("nearest_mode", nearest);
    node.set("coordinate_transformation_mode", "asymmetric");
    String scales = node.node().getInput(SCALES);
    node.input(SCALES, node.constant(Tensors.of(node.name("roi"), new float[0], 0)));
    node.input(2, scales);
  }

  private static String rounding(NodeRewrite node) {
    TensorProto tensor =
        node.constant(SCALES)
            .orElseThrow(
                () -> node.refused("has computed scales, and rounds by whether they are above 1"));
    Set<Boolean> shrinks = new java.util.HashSet<>();
    for (float scale : Tensors.floats("scales", tensor)) {
      if (scale != 1) {
        shrinks.add(scale < 1);
      }
    }
    if (shrinks.size() > 1) {
      throw node.refused("grows along one axis and shrinks along another");
    }
    return shrinks.contains(true) ? "ceil" : "floor";
  }
}
