package dev.bitfold.processor.diagnostics;

import dev.bitfold.descriptor.DescriptorRule;
import java.util.Optional;

/**
 * Lists every kind of problem, with its message and remedy. A code never changes its meaning. The
 * arguments of the templates come from the place that finds the problem.
 */
public enum ProblemId {
  // The processor itself.
  INTERNAL_ERROR(
      "QZ001",
      "Bitfold's processor failed on %1$s: %2$s",
      "this is a bug in Bitfold: please report it together with the class; until it is fixed,"
          + " remove the class's annotations"),
  RUNTIME_MISSING(
      "QZ002",
      "%1$s is annotated, but Bitfold's runtime %2$s",
      "add dev.bitfold:bitfold-runtime, in the same version as the processor, to the compile class"
          + " path"),
  UNRESOLVED_TYPE(
      "QZ003",
      "%1$s cannot be quantized: the type %2$s does not exist",
      "import or write it; if another processor generates it, that processor must not need %1$s"
          + " first"),
  NAME_TAKEN("QZ004", "the class %2$s, which is generated for %1$s, %3$s", "rename one of the two"),
  LOCAL_CLASS(
      "QZ006",
      "%1$s is on a local class (%2$s); annotation processors cannot see local classes, so it has"
          + " no effect",
      "move the class out of the method: make it a static nested class, or give it a file of its"
          + " own"),
  FILE_NOT_WRITTEN(
      "QZ007",
      "the class %2$s, which is generated for %1$s, cannot be written: %3$s",
      "give %1$s a shorter name if that is why, or make the folder of generated sources writable"),
  NOT_YET(
      "QZ005", "%1$s is not supported yet", "leave it out, since it would have no effect: %2$s"),

  // The class.
  NOT_A_CLASS("QZ010", "%1$s is %2$s: only classes and records can be layers or models", "%3$s"),
  ABSTRACT_CLASS(
      "QZ011",
      "%1$s is abstract, so %2$s on it has no effect: annotations on a class are not inherited",
      "move it to the concrete subclasses; @Weight and @Bias can stay on the members"),
  PRIVATE_TYPE(
      "QZ012", "%1$s is private, so generated code cannot use it", "make it package-private"),
  INNER_TYPE(
      "QZ013",
      "%1$s is an inner class: it cannot be built without an instance of %2$s",
      "make it static"),
  LAYER_AND_MODEL(
      "QZ014",
      "%1$s is both a layer and a model: %2$s",
      "move its tensors into a layer class, and make that class a component of a @QuantizeModel"),
  SEALED_WITHOUT_WRAPPER(
      "QZ015",
      "%2$s is sealed and does not permit %3$s, which stands in for %1$s",
      "write: permits %4$s"),
  FINAL_WITHOUT_INTERFACE(
      "QZ016",
      "%1$s is %2$s and its input or output is quantized, but no interface declares %3$s, so"
          + " nothing could hold its wrapper",
      "declare %3$s in an interface that %1$s implements, and declare the component as that"
          + " interface; or make %1$s a class that is not final"),
  OTHER_TENSOR_METHOD(
      "QZ017",
      "%1$s is %2$s and implements %3$s, another interface method that takes a tensor: the"
          + " wrapper's quantizers would not see that tensor",
      "make it a default method of the interface that calls forward, or make %1$s a class that is"
          + " not final"),
  MUTABLE_FIELD(
      "QZ018",
      "field %2$s of %1$s can change, and no constructor parameter carries it: a rebuilt %1$s"
          + " would lose its value",
      "make it final, add a constructor parameter %2$s, or mark it transient if it is a cache"),
  RESERVED_METHOD(
      "QZ019",
      "%1$s has a method type(), whose name its generated wrapper needs",
      "rename it, for instance to kind()"),

  // Rebuilding.
  NO_CONSTRUCTOR("QZ020", "there is no way to rebuild %1$s: %2$s", "%3$s"),
  SEVERAL_CONSTRUCTORS(
      "QZ021",
      "%1$s could be rebuilt by several constructors: %2$s",
      "mark one with @QuantizeCreator"),
  PARAMETER_NAME(
      "QZ022", "constructor parameter %2$s of %1$s has no readable field or accessor", "%3$s"),
  PARAMETER_TYPE(
      "QZ023",
      "constructor parameter %2$s of %1$s is of type %3$s, but %4$s is of type %5$s",
      "%6$s"),
  CREATOR("QZ024", "@QuantizeCreator has no effect here: %2$s", "%3$s"),
  LOMBOK(
      "QZ025",
      "%1$s is annotated with %2$s: other processors cannot see what Lombok adds",
      "write the constructor and the accessors yourself, or make %1$s a record"),
  CONSTRUCTOR_CALLS_FORWARD(
      "QZ026",
      "the constructor of %1$s calls forward, which its wrapper overrides: the quantizers do not"
          + " exist yet at that point",
      "move the call out of the constructor"),
  FINAL_FIELD(
      "QZ027",
      "final field %2$s of %1$s would lose its value: %3$s rebuilds the object without it, and"
          + " another constructor can set it differently",
      "add a parameter %4$s %2$s to %3$s, or mark the constructor that has it with"
          + " @QuantizeCreator"),
  ACCESSOR_THROWS(
      "QZ028",
      "accessor %2$s of %1$s throws %3$s: generated code reads %4$s where it cannot catch"
          + " exceptions",
      "remove the throws clause (wrap the cause, as java.io.UncheckedIOException does), or make"
          + " the field %4$s package-private"),

  // Tensors.
  TENSOR_TYPE("QZ030", "%2$s %1$s is of type %3$s: only tensors (%4$s) can be quantized", "%5$s"),
  LAYOUT("QZ031", "%1$s", "%2$s"),
  TENSOR_NOT_CARRIED("QZ032", "no constructor parameter of %1$s carries %2$s", "%3$s"),
  TENSOR_NAME_TWICE(
      "QZ033",
      "%1$s has two tensors named %2$s",
      "rename one: messages, tables and files tell tensors apart by name, and the result of"
          + " forward is called output"),
  MISPLACED("QZ034", "%1$s has no effect here: %2$s", "%3$s"),
  TENSOR_DECLARED_TWICE(
      "QZ035",
      "tensor %2$s of %1$s is declared as %3$s here and as %4$s elsewhere",
      "keep one of the two"),
  LAYOUT_LETTERS(
      "QZ036",
      "layout \"%1$s\" of %2$s: %3$s is a letter of %4$s",
      "a weight or bias has the letters O, I, C, T, D, H and W, an input has N, T, C, D, H and W:"
          + " %5$s"),
  MIXED_TENSORS(
      "QZ037",
      "%2$s of %1$s is %3$s, but %4$s is %5$s",
      "declare all of them as INDArray, or all as SDVariable: a layer either computes or builds a"
          + " graph"),
  LAYOUT_SWAPPED(
      "QZ038",
      "%3$s sums the channels of %4$s with axis %5$s of %2$s, which layout \"%1$s\" calls O, the"
          + " output channels",
      "write layout = \"%6$s\", or transpose %2$s in the product"),

  // Quantizers.
  ROLE_CONTRADICTS(
      "QZ040",
      "role = %1$s does not fit %2$s",
      "leave the role out: where the annotation stands tells it"),
  BIAS_QUANTIZED(
      "QZ041",
      "@Quantize on the bias %1$s: a bias is never quantized",
      "remove it; if %1$s is a weight, mark it @Weight"),
  WEIGHT_QUANTIZER_UNUSED(
      "QZ042", "%2$s quantizes weights, but %1$s has none that it would apply to", "%3$s"),
  INPUT_QUANTIZER_UNUSED(
      "QZ043", "%2$s quantizes inputs, but %1$s has none that it would apply to", "%3$s"),
  OUTPUT_QUANTIZER_UNUSED(
      "QZ044",
      "%2$s quantizes the output, but %1$s has no forward method that returns a tensor",
      "%3$s"),
  ROLE_TWICE(
      "QZ045",
      "%1$s has two @Quantize of role %2$s",
      "keep one; to quantize a single tensor differently, put the other on that member or"
          + " parameter"),
  TWO_DESCRIPTORS(
      "QZ046", "tensor %2$s of %1$s has two descriptors: %3$s and %4$s", "keep one of the two"),
  TWO_RECIPES("QZ047", "%1$s has two recipes: %2$s and %3$s", "keep one of the two"),
  RECIPE_CYCLE(
      "QZ048", "recipe %1$s contains itself: %2$s", "remove the recipe from the annotation type"),
  SMOOTH_ALPHA(
      "QZ049",
      "alpha = %1$s is not a migration strength",
      "write a number from 0 to 1, or leave it out to search it for each layer"),
  BLOCK_AXIS_AND_LETTER(
      "QZ051", "%1$s: %2$s has a @Block with both axis and along", "keep one of the two"),
  SMOOTH_TENSORS("QZ050", "@SmoothQuant on %1$s needs one quantized %2$s, but there %3$s", "%4$s"),
  GRAPH_SMOOTHED(
      "QZ052",
      "@SmoothQuant on %1$s has no effect: its tensors are SDVariables, and graphs are not"
          + " smoothed",
      "remove it, or declare the layer's tensors as INDArray"),
  GRAPH_DESCRIPTOR(
      "QZ053",
      "%2$s of %1$s is an SDVariable described as %3$s: %4$s",
      "choose another descriptor, or declare the layer's tensors as INDArray"),
  EMPTY_ELEMENT("QZ054", "%1$s: %2$s in %3$s is empty", "leave it out, or write a value"),
  CODES_WITHOUT_SCALE(
      "QZ055",
      "%2$s of %1$s would be given as codes (fakeQuant = false), but nothing takes their scale",
      "add to %3$s: %4$s"),
  CODES_FORMAT(
      "QZ057",
      "%1$s of %2$s cannot be given as codes: it %3$s",
      "leave fakeQuant = false out, or describe it by integers without affine"),
  SCALE_OF("QZ058", "@ScaleOf(\"%1$s\") on %2$s has no effect: %3$s", "%4$s"),

  // forward.
  FORWARD_FINAL(
      "QZ060",
      "%2$s of %1$s is final, so the wrapper cannot put its quantizers around it",
      "remove final"),
  FORWARD_INACCESSIBLE(
      "QZ061", "%2$s of %1$s is %3$s, so the wrapper cannot put its quantizers around it", "%4$s"),
  TWO_FORWARDS(
      "QZ062",
      "%1$s has two hooked forward methods, %2$s and %3$s: where one calls the other, a tensor"
          + " would be quantized twice",
      "keep @Input and @Quantize on the one that computes"),
  HIDDEN_TYPE(
      "QZ056", "%2$s is %3$s, and the generated wrapper must name it to %4$s", "make %2$s %5$s"),
  FORWARD_RECURSES(
      "QZ063",
      "%2$s of %1$s %3$s%4$s: its tensors would be quantized again on each call",
      "move the recursion into a method of another name, which forward calls once"),
  FORWARD_BYPASSED(
      "QZ068",
      "%2$s of %1$s calls super.%3$s, which bypasses the quantizers that the wrapper puts around"
          + " %3$s",
      "call %3$s without super"),

  BACKWARD_SIGNATURE(
      "QZ064",
      "%2$s of %1$s does not fit: %3$s, and backward takes its parameters followed by the gradient"
          + " of its result, and returns Gradients",
      "write: %4$s"),
  BACKWARD_INACCESSIBLE(
      "QZ065",
      "%2$s of %1$s is %3$s, so the wrapper cannot override it",
      "make it public, and neither static nor final"),
  BACKWARD_WITHOUT_INTERFACE(
      "QZ066",
      "%1$s is %2$s and has a backward, but no interface declares %3$s, so nothing could hold the"
          + " wrapper that trains it",
      "declare %3$s in an interface that %1$s implements, and declare the component as that"
          + " interface; or make %1$s a class that is not final"),
  GRADIENT_NAME(
      "QZ067",
      "backward of %1$s gives a gradient of '%2$s', but %1$s has no such tensor",
      "%4$sits tensors are %3$s"),

  GRAPH_BACKWARD(
      "QZ069",
      "%2$s of %1$s has no effect: its forward builds a graph of SDVariables, and a graph"
          + " differentiates itself",
      "remove it, and train the graph with sd.fit"),

  // Models.
  OPEN_COMPONENT("QZ070", ModelTexts.OPEN_COMPONENT),
  IMPLEMENTATION("QZ071", ModelTexts.IMPLEMENTATION),
  CONTAINER_TYPE("QZ072", ModelTexts.CONTAINER_TYPE),
  CONTAINER_WILDCARD("QZ073", ModelTexts.CONTAINER_WILDCARD),
  CONTAINER_RAW("QZ074", ModelTexts.CONTAINER_RAW),
  MODEL_NOT_ANNOTATED("QZ075", ModelTexts.MODEL_NOT_ANNOTATED),
  FINAL_COMPONENT("QZ076", ModelTexts.FINAL_COMPONENT),
  WRAPPER_COMPONENT("QZ077", ModelTexts.WRAPPER_COMPONENT),
  WRAPPER_MISSING("QZ078", ModelTexts.WRAPPER_MISSING),
  WRAPPER_VERSION("QZ079", ModelTexts.WRAPPER_VERSION),
  COMPONENT_NOT_CARRIED("QZ080", ModelTexts.COMPONENT_NOT_CARRIED),
  MODEL_CYCLE("QZ081", ModelTexts.MODEL_CYCLE),
  SUBCLASS_NOT_ANNOTATED("QZ082", ModelTexts.SUBCLASS_NOT_ANNOTATED),
  NO_COMPONENTS("QZ083", ModelTexts.NO_COMPONENTS),
  LAYER_NOT_ANNOTATED("QZ087", ModelTexts.LAYER_NOT_ANNOTATED),
  COMPONENT_ANNOTATION_UNUSED("QZ084", ModelTexts.COMPONENT_ANNOTATION_UNUSED),
  GENERIC_COMPONENT("QZ085", ModelTexts.GENERIC_COMPONENT),
  COMPONENT_OF_ANYTHING("QZ086", ModelTexts.COMPONENT_OF_ANYTHING),

  // Mix-ins.
  NOT_A_MIX_IN("QZ090", MixInTexts.NOT_A_MIX_IN),
  MIX_IN_TARGET("QZ091", MixInTexts.MIX_IN_TARGET),
  MIX_IN_OF_ANNOTATED("QZ092", MixInTexts.MIX_IN_OF_ANNOTATED),
  MIX_IN_MEMBER("QZ093", MixInTexts.MIX_IN_MEMBER),
  TWO_MIX_INS("QZ094", MixInTexts.TWO_MIX_INS),
  MIX_IN_LISTED("QZ095", MixInTexts.MIX_IN_LISTED),

  // Descriptors; the rules are shared with the runtime.
  BITS_COUNT("QZ100", DescriptorRule.BITS_COUNT),
  INT_BITS("QZ101", DescriptorRule.INT_BITS),
  FLOAT_BITS("QZ102", DescriptorRule.FLOAT_BITS),
  FORMAT_WITH_BITS("QZ103", DescriptorRule.FORMAT_WITH_BITS),
  ROUNDING("QZ104", DescriptorRule.ROUNDING),
  NARROW_FLOAT("QZ105", DescriptorRule.NARROW_FLOAT),
  AXIS_TWICE("QZ106", DescriptorRule.AXIS_TWICE),
  AXIS_AND_PER("QZ107", DescriptorRule.AXIS_AND_PER),
  PER_LETTERS("QZ108", DescriptorRule.PER_LETTERS),
  AXIS_AND_BLOCKS("QZ109", DescriptorRule.AXIS_AND_BLOCKS),
  BLOCK_SIZE("QZ110", DescriptorRule.BLOCK_SIZE),
  BLOCK_TWICE("QZ111", DescriptorRule.BLOCK_TWICE),
  BLOCK_LETTER("QZ112", DescriptorRule.BLOCK_LETTER),
  SCALE_BITS("QZ113", DescriptorRule.SCALE_BITS),
  SCALE_BITS_WITHOUT_BLOCKS("QZ114", DescriptorRule.SCALE_BITS_WITHOUT_BLOCKS),
  SCALE_BLOCKS("QZ115", DescriptorRule.SCALE_BLOCKS),
  SCALE_RULE("QZ116", DescriptorRule.SCALE_RULE),
  PERCENTILE_RANGE("QZ117", DescriptorRule.PERCENTILE_RANGE),
  PERCENTILE_UNUSED("QZ118", DescriptorRule.PERCENTILE_UNUSED),
  BINS_RANGE("QZ119", DescriptorRule.BINS_RANGE),
  BINS_UNUSED("QZ120", DescriptorRule.BINS_UNUSED),
  CALIB_AND_DYNAMIC("QZ121", DescriptorRule.CALIB_AND_DYNAMIC),
  AMAX_AND_DYNAMIC("QZ122", DescriptorRule.AMAX_AND_DYNAMIC),
  AMAX_VALUE("QZ123", DescriptorRule.AMAX_VALUE),
  SCALE_AMAX("QZ124", DescriptorRule.SCALE_AMAX),
  LEARN_AMAX("QZ125", DescriptorRule.LEARN_AMAX),
  AFFINE("QZ126", DescriptorRule.AFFINE),
  STE("QZ127", DescriptorRule.STE),
  LETTERS_WITHOUT_LAYOUT("QZ128", DescriptorRule.LETTERS_WITHOUT_LAYOUT),
  PER_NOT_IN_LAYOUT("QZ129", DescriptorRule.PER_NOT_IN_LAYOUT),
  AXIS_RANK("QZ130", DescriptorRule.AXIS_RANK),
  BLOCK_NOT_IN_LAYOUT("QZ131", DescriptorRule.BLOCK_NOT_IN_LAYOUT),
  STATIC_TOKEN("QZ132", DescriptorRule.STATIC_TOKEN),
  CALIB_METHOD("QZ133", DescriptorRule.CALIB_METHOD),
  AMAX_COUNT("QZ140", DescriptorRule.AMAX_COUNT),

  // Folding.
  CONSUMER_PATH("QZ134", "@SmoothInto: \"%1$s\" %2$s", "%3$s"),
  NOT_A_CONSUMER("QZ135", "@SmoothInto: \"%1$s\" %2$s, so it cannot take over a scale", "%3$s"),
  CONSUMER_TWICE("QZ136", "@SmoothInto: \"%1$s\" %2$s", "%3$s"),
  NOT_FOLDABLE("QZ137", "@SmoothInto: nothing can be folded into %1$s: %2$s", "%3$s"),
  NOTHING_TO_FOLD("QZ138", "@SmoothInto on %1$s has no effect: %2$s", "%3$s, or remove it"),
  CONSUMERS_DIFFER(
      "QZ139",
      "@SmoothInto: the consumers of %1$s share one scale, but %2$s",
      "give them the same alpha"),

  // ONNX files.
  ONNX_NOT_FOUND("QZ150", OnnxTexts.NOT_FOUND),
  ONNX_NOT_READ("QZ151", OnnxTexts.NOT_READ),
  ONNX_INTERFACE("QZ152", OnnxTexts.INTERFACE),
  ONNX_WITHOUT_LAYERS("QZ153", OnnxTexts.WITHOUT_LAYERS),
  NODES_PATTERN("QZ154", OnnxTexts.PATTERN),
  NODES_WITHOUT_LAYERS("QZ155", OnnxTexts.NO_LAYERS),
  NODES_WITHOUT_CHANNELS("QZ156", OnnxTexts.WITHOUT_CHANNELS),
  NODES_ELEMENTS("QZ157", OnnxTexts.ELEMENTS),
  ONNX_FORMAT("QZ158", OnnxTexts.FORMAT),
  ONNX_QUANTIZED("QZ159", OnnxTexts.QUANTIZED),
  ONNX_RUNTIME_MISSING("QZ160", OnnxTexts.RUNTIME_MISSING);

  private final String code;
  private final String message;
  private final String fix;
  private final Optional<DescriptorRule> rule;

  ProblemId(String code, String message, String fix) {
    this.code = code;
    this.message = message;
    this.fix = fix;
    this.rule = Optional.empty();
  }

  ProblemId(String code, ProblemText text) {
    this(code, text.message(), text.fix());
  }

  ProblemId(String code, DescriptorRule rule) {
    this.code = code;
    this.message = "%1$s: %2$s";
    this.fix = "%3$s";
    this.rule = Optional.of(rule);
  }

  /** Returns {@code QZ001} and so on. */
  public String code() {
    return code;
  }

  /** Returns the template of the message. */
  public String message() {
    return message;
  }

  /** Returns the template of the remedy. */
  public String fix() {
    return fix;
  }

  /** Returns the rule of descriptors that the problem stands for; empty if there is none. */
  public Optional<DescriptorRule> rule() {
    return rule;
  }

  /** Returns the id of a rule of descriptors. */
  public static ProblemId of(DescriptorRule rule) {
    for (ProblemId id : values()) {
      if (id.rule.filter(r -> r == rule).isPresent()) {
        return id;
      }
    }
    throw new IllegalStateException("no id for the rule " + rule);
  }
}
