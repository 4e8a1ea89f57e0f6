package dev.bitfold.processor.diagnostics;

/** Holds the messages and remedies of problems with an ONNX file and the annotations for it. */
final class OnnxTexts {
  static final ProblemText NOT_FOUND =
      new ProblemText(
          "%1$s names the ONNX file \"%2$s\", which is not there: looked for %3$s in %4$s", "%5$s");

  static final ProblemText NOT_READ =
      new ProblemText("%1$s names \"%2$s\", but %3$s %4$s", "name a float ONNX file");

  static final ProblemText INTERFACE =
      new ProblemText("%1$s cannot stand for an ONNX file: %2$s", "%3$s");

  static final ProblemText WITHOUT_LAYERS =
      new ProblemText(
          "\"%2$s\" has no layer to quantize: %3$s",
          "layers are MatMul, Gemm, Conv, ConvTranspose and Gather nodes with constant float32"
              + " weights");

  static final ProblemText PATTERN =
      new ProblemText("@Nodes: no node of \"%2$s\" is named \"%1$s\"", "%3$s");

  static final ProblemText NO_LAYERS =
      new ProblemText(
          "@Nodes: \"%1$s\" names no layer of \"%2$s\": %3$s",
          "name MatMul, Gemm, Conv, ConvTranspose or Gather nodes with constant float32 weights");

  static final ProblemText WITHOUT_CHANNELS =
      new ProblemText(
          "%1$s has no effect on %2$s: %3$s",
          "remove it, or name other nodes; a Gather has a table and no input to quantize or smooth");

  static final ProblemText ELEMENTS = new ProblemText("@Nodes: %1$s", "%2$s");

  static final ProblemText FORMAT = new ProblemText("%1$s of %2$s: %3$s", "%4$s");

  static final ProblemText QUANTIZED =
      new ProblemText(
          "\"%2$s\" is quantized already: node %3$s is %4$s",
          "name the float file that it was made from");

  static final ProblemText RUNTIME_MISSING =
      new ProblemText(
          "%1$s names an ONNX file, but Bitfold's classes for such files are not on the compile"
              + " class path",
          "add dev.bitfold:bitfold-onnx-model, in the same version as the processor");

  private OnnxTexts() {}
}
