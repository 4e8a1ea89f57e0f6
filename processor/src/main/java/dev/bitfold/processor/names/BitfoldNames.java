package dev.bitfold.processor.names;

import com.palantir.javapoet.ClassName;

/**
 * Names Bitfold's own types in the user's compilation. The names are put together at run time. The
 * jar holds relocated copies of the annotations, and relocation would change a name that is a
 * constant.
 */
public final class BitfoldNames {
  /** The version of the contract with the runtime that generated code follows. */
  public static final int CONTRACT_VERSION = 3;

  public static final ClassName QUANTIZE = annotation("Quantize");
  public static final ClassName QUANTIZE_LIST = QUANTIZE.nestedClass("List");
  public static final ClassName WEIGHT = annotation("Weight");
  public static final ClassName BIAS = annotation("Bias");
  public static final ClassName INPUT = annotation("Input");
  public static final ClassName SCALE_OF = annotation("ScaleOf");
  public static final ClassName SMOOTH_QUANT = annotation("SmoothQuant");
  public static final ClassName SMOOTH_INTO = annotation("SmoothInto");
  public static final ClassName QUANTIZE_MODEL = annotation("QuantizeModel");
  public static final ClassName QUANTIZE_FOR = annotation("QuantizeFor");
  public static final ClassName QUANTIZE_CREATOR = annotation("QuantizeCreator");
  public static final ClassName SKIP_QUANTIZE = annotation("SkipQuantize");
  public static final ClassName IMPLEMENTATIONS = annotation("Implementations");
  public static final ClassName QUANTIZE_ONNX = annotation("QuantizeOnnx");
  public static final ClassName NODES = annotation("Nodes");
  public static final ClassName NODES_LIST = NODES.nestedClass("List");

  public static final ClassName QUANT_DESCRIPTOR = descriptor("QuantDescriptor");
  public static final ClassName BLOCK_SIZE = descriptor("BlockSize");
  public static final ClassName RECIPE = descriptor("Recipe");
  public static final ClassName ROLE = annotation("Role");

  public static final ClassName PLAN = ClassName.get(room(), "Plan");
  public static final ClassName QUANTIZED = ClassName.get(room(), "Quantized");

  public static final ClassName COMPONENT = layer("Component");
  public static final ClassName WALK = layer("Walk");
  public static final ClassName LAYER_TYPE = layer("LayerType");
  public static final ClassName ARRAY_HOOKS = layer("ArrayHooks");
  public static final ClassName GRAPH_HOOKS = layer("GraphHooks");
  public static final ClassName HOOKED_LAYER = layer("HookedLayer");
  public static final ClassName GRADIENTS = layer("Gradients");
  public static final ClassName GENERATED_LAYER = layer("GeneratedLayer");

  public static final ClassName TENSOR = ClassName.get("org.nd4j.linalg.api.ndarray", "INDArray");
  public static final ClassName SD_VARIABLE =
      ClassName.get("org.nd4j.autodiff.samediff", "SDVariable");

  private BitfoldNames() {}

  /** Returns a type of the annotations' package. */
  public static ClassName annotation(String simpleName) {
    return ClassName.get(room("annotations"), simpleName);
  }

  private static ClassName descriptor(String simpleName) {
    return ClassName.get(room("descriptor"), simpleName);
  }

  private static ClassName layer(String simpleName) {
    return ClassName.get(room("layer"), simpleName);
  }

  private static String room(String... names) {
    return names.length == 0
        ? String.join(".", "dev", "bitfold")
        : String.join(".", "dev", "bitfold", names[0]);
  }
}
