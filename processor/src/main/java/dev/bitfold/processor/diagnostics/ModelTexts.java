package dev.bitfold.processor.diagnostics;

/** Holds the messages and remedies of problems with a model and its components. */
final class ModelTexts {
  static final ProblemText OPEN_COMPONENT =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, %4$s: the layer classes behind it are not known",
          "list them with @Implementations({Linear.class, …}), or keep the component float with"
              + " @SkipQuantize");

  static final ProblemText IMPLEMENTATION =
      new ProblemText(
          "@Implementations: %1$s %2$s", "list annotated layer or model classes that %3$s");

  static final ProblemText CONTAINER_TYPE =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, which holds layers and cannot be rebuilt",
          "declare it as %4$s, or keep it float with @SkipQuantize");

  static final ProblemText CONTAINER_WILDCARD =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s: a rebuilt component does not fit a wildcard",
          "declare it as %4$s");

  static final ProblemText CONTAINER_RAW =
      new ProblemText(
          "component %2$s of %1$s is a raw %3$s: whether it holds layers is not known",
          "write its type arguments, such as %3$s<%4$s>");

  static final ProblemText MODEL_NOT_ANNOTATED =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, which holds layers (%4$s) but is not a"
              + " @QuantizeModel: they would stay float",
          "annotate %3$s with @QuantizeModel, or keep it float with @SkipQuantize");

  static final ProblemText FINAL_COMPONENT =
      new ProblemText(
          "component %2$s of %1$s is declared as %3$s, but %4$s is %5$s, so its wrapper %6$s does"
              + " not fit",
          "declare the component as an interface of %4$s%7$s");

  static final ProblemText WRAPPER_COMPONENT =
      new ProblemText(
          "component %2$s of %1$s is declared as the generated class %3$s",
          "declare it as %4$s: the quantizer puts the wrapper in");

  static final ProblemText WRAPPER_MISSING =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, whose generated class %4$s does not exist",
          "compile %3$s with Bitfold's processor, or keep it float with @SkipQuantize");

  static final ProblemText WRAPPER_VERSION =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, whose %4$s was generated for version %5$s of the"
              + " runtime; this processor generates for version %6$s",
          "compile both with the same version of Bitfold");

  static final ProblemText COMPONENT_NOT_CARRIED =
      new ProblemText(
          "no constructor parameter of %1$s carries %2$s, which would stay float", "%3$s");

  static final ProblemText MODEL_CYCLE =
      new ProblemText(
          "%1$s contains itself: %2$s, which only null could end",
          "declare it as a List or an Optional, which can be empty");

  static final ProblemText SUBCLASS_NOT_ANNOTATED =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, which extends %4$s but has no annotation of its"
              + " own: it would stay float",
          "annotate %3$s with @Quantize or a recipe, or keep it float with @SkipQuantize");

  static final ProblemText NO_COMPONENTS =
      new ProblemText(
          "%1$s has no component that could be quantized",
          "remove @QuantizeModel, or add a constructor that takes the model's layers");

  static final ProblemText LAYER_NOT_ANNOTATED =
      new ProblemText(
          "component %2$s of %1$s holds %3$s, which has a tensor (%4$s) and a forward but no"
              + " annotation: it would stay float",
          "annotate it, for instance with @Int8 on %3$s and @Weight(layout = \"OI\") on %4$s; or"
              + " keep it float with @SkipQuantize; if it is not yours, a mix-in annotates it:"
              + " @QuantizeFor(%3$s.class)");

  static final ProblemText COMPONENT_ANNOTATION_UNUSED =
      new ProblemText("%1$s on %2$s has no effect: %3$s", "remove it");

  static final ProblemText GENERIC_COMPONENT =
      new ProblemText("component %2$s of %1$s is of type %3$s: its class is not known", "%4$s");

  static final ProblemText COMPONENT_OF_ANYTHING =
      new ProblemText(
          "component %2$s of %1$s is of type %3$s, which can hold anything: whether it holds layers"
              + " is not known",
          "declare what it holds, or keep it as it is with @SkipQuantize");

  private ModelTexts() {}
}
