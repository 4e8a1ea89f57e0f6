package dev.bitfold.onnx.file;

import dev.bitfold.onnx.file.OpsetChanges.Change;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.TensorProto;

/**
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

  private static final int SCALES = 1;

  private OldOperators() {}

  /** Returns the changes of each operator, in order of their versions. */
  static Map<String, List<Change>> changes() {
    Map<String, List<Change>> changes = new HashMap<>();
    changes.put("BatchNormalization", List.of(new Change(9, OldOperators::spatial)));
    changes.put("Clip", List.of(new Change(11, OldOperators::clip)));
    changes.put("Dropout", List.of(new Change(10, OldOperators::mask)));
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
            new Change(9, OldOperators::upsampleScales), new Change(10, OldOperators::upsample)));
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
