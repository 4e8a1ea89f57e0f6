package dev.bitfold.processor.validation.layer;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.DeclaredScale;
import dev.bitfold.processor.reader.layer.DeclaredTensor;
import dev.bitfold.processor.reader.layer.QuantizerChoice;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks layers that compute on codes: each tensor of codes has a parameter for its scale. */
final class CodesRules {
  private final DeclaredLayer layer;
  private final QuantizerChoice choice;
  private final Problems problems;
  private final String name;

  CodesRules(DeclaredLayer layer, Problems problems) {
    this.layer = layer;
    this.choice = new QuantizerChoice(layer);
    this.problems = problems;
    this.name = layer.type().getSimpleName().toString();
  }

  /** Checks the layer. That a graph has no codes is a rule of graphs. */
  void check() {
    if (layer.variables()) {
      return;
    }
    layer.allTensors().forEach(tensor -> codes(tensor).ifPresent(use -> tensor(tensor, use)));
    choice
        .output()
        .filter(CodesRules::isCodes)
        .ifPresent(
            use ->
                notYet(use, "the output of " + name, "what reads the output could not scale it"));
    Set<String> scaled = new HashSet<>();
    layer.scales().forEach(scale -> scale(scale, scaled));
  }

  private Optional<QuantizerUse> codes(DeclaredTensor tensor) {
    return choice.of(tensor).filter(CodesRules::isCodes);
  }

  private static boolean isCodes(QuantizerUse use) {
    return use.descriptor().filter(descriptor -> !descriptor.fakeQuant()).isPresent();
  }

  private void tensor(DeclaredTensor tensor, QuantizerUse use) {
    QuantDescriptor descriptor = use.descriptor().orElseThrow();
    if (tensor.several()) {
      notYet(use, "the list " + tensor.name(), "give each tensor a member of its own");
    } else if (descriptor.affine() || descriptor.format().integers().isEmpty()) {
      problems.add(
          ProblemId.CODES_FORMAT,
          use.place("fakeQuant"),
          tensor.name(),
          name,
          descriptor.affine() ? "has a zero point" : "is not of integers");
    } else if (isRead(tensor) && layer.scales().stream().noneMatch(scale -> isOf(scale, tensor))) {
      problems.add(
          ProblemId.CODES_WITHOUT_SCALE,
          use.place("fakeQuant"),
          name,
          tensor.name(),
          tensor.kind() == TensorKind.INPUT ? "forward" : "the constructor of " + name,
          "@ScaleOf(\"" + tensor.name() + "\") INDArray " + tensor.name() + "Scale");
    }
  }

  /** Returns whether the parameters are known among which its scale would be. */
  private boolean isRead(DeclaredTensor tensor) {
    return tensor.kind() == TensorKind.INPUT || layer.creator().isPresent();
  }

  private static boolean isOf(DeclaredScale scale, DeclaredTensor tensor) {
    return scale.tensor().equals(tensor.name())
        && scale.ofForward() == (tensor.kind() == TensorKind.INPUT);
  }

  private void notYet(QuantizerUse use, String of, String why) {
    problems.add(
        ProblemId.NOT_YET, use.place("fakeQuant"), "@Quantize(fakeQuant = false) on " + of, why);
  }

  private void scale(DeclaredScale scale, Set<String> scaled) {
    Optional<DeclaredTensor> tensor = layer.allTensors().filter(t -> isOf(scale, t)).findFirst();
    if (tensor.isEmpty()) {
      List<String> names =
          layer
              .allTensors()
              .filter(t -> (t.kind() == TensorKind.INPUT) == scale.ofForward())
              .filter(t -> t.kind() != TensorKind.BIAS)
              .map(DeclaredTensor::name)
              .toList();
      refuse(
          scale,
          name + " has no " + (scale.ofForward() ? "input" : "weight") + " of that name",
          NearestName.suggestion(scale.tensor(), names)
              + "forward takes the scales of inputs, the constructor those of weights");
    } else if (codes(tensor.get()).isEmpty()) {
      refuse(
          scale,
          scale.tensor() + " is not given as codes",
          "add fakeQuant = false to its @Quantize, or remove the annotation");
    } else if (!Language.isTensor(scale.type())) {
      refuse(scale, "it is of type " + TypeText.of(scale.type()), "declare it as INDArray");
    } else if (layer.allTensors().anyMatch(t -> isParameter(scale, t))) {
      refuse(scale, "the parameter takes a tensor", "give the scale a parameter of its own");
    } else if (!scaled.add(scale.tensor())) {
      refuse(scale, "another parameter takes that scale", "keep one of the two");
    }
  }

  private static boolean isParameter(DeclaredScale scale, DeclaredTensor tensor) {
    return scale.parameter().equals(tensor.name())
        && scale.ofForward() == (tensor.kind() == TensorKind.INPUT);
  }

  private void refuse(DeclaredScale scale, String why, String fix) {
    problems.add(
        ProblemId.SCALE_OF, scale.use().place(), scale.tensor(), scale.parameter(), why, fix);
  }
}
