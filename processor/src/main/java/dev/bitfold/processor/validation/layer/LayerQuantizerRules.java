package dev.bitfold.processor.validation.layer;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationText;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.reader.RecipeUse;
import dev.bitfold.processor.reader.layer.DeclaredForward;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.DeclaredTensor;
import dev.bitfold.processor.reader.layer.MemberQuantizers;
import dev.bitfold.processor.reader.layer.QuantizerChoice;
import dev.bitfold.processor.validation.quantizer.QuantizerRules;
import dev.bitfold.processor.validation.quantizer.RecipeRules;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks the quantizers of a layer: each must be valid, apply to one tensor, and be used. */
final class LayerQuantizerRules {
  private final DeclaredLayer layer;
  private final QuantizerChoice choice;
  private final RecipeRules recipes;
  private final Problems problems;
  private final String name;

  LayerQuantizerRules(DeclaredLayer layer, RecipeRules recipes, Problems problems) {
    this.layer = layer;
    this.choice = new QuantizerChoice(layer);
    this.recipes = recipes;
    this.problems = problems;
    this.name = layer.type().getSimpleName().toString();
  }

  /** Checks the quantizers. */
  void check() {
    RecipeRules.checkAll(layer.quantizers(), name, problems);
    RecipeRules.checkOnlyOne(layer.recipes().stream().map(RecipeUse::use).toList(), name, problems);
    layer.recipe().ifPresent(used -> recipes.checkUse(used, problems));
    layer.ownSmoothQuant().ifPresent(use -> RecipeRules.checkAlpha(use, problems));
    layer.allTensors().forEach(this::tensor);
    choice
        .output()
        .ifPresent(
            use ->
                QuantizerRules.checkTensor(
                    use, Role.OUTPUT, Layout.UNKNOWN, "the output", problems));
    unused();
  }

  private void tensor(DeclaredTensor tensor) {
    tensor.quantizers().forEach(member -> member(tensor, member));
    for (QuantizerUse use : tensor.memberQuantizers()) {
      if (tensor.kind() == TensorKind.BIAS) {
        problems.add(ProblemId.BIAS_QUANTIZED, use.written().place(), tensor.name());
      } else if (use.roleWritten() && !tensor.kind().role().equals(Optional.of(use.role()))) {
        problems.add(
            ProblemId.ROLE_CONTRADICTS,
            use.place("role"),
            use.role(),
            "the " + (tensor.kind() == TensorKind.WEIGHT ? "weight " : "input ") + tensor.name());
      }
    }
    List<QuantizerUse> fitting = QuantizerChoice.fitting(tensor);
    for (QuantizerUse use : fitting) {
      if (!use.descriptor().equals(fitting.get(0).descriptor())) {
        problems.add(
            ProblemId.TWO_DESCRIPTORS,
            use.written().place(),
            name,
            tensor.name(),
            fitting.get(0).words(),
            use.words());
      }
    }
    if (!TensorRules.isRefused(tensor)) {
      choice
          .of(tensor)
          .ifPresent(
              use ->
                  QuantizerRules.checkTensor(
                      use,
                      tensor.kind().role().orElseThrow(),
                      tensor.layout(),
                      tensor.name(),
                      problems));
    }
  }

  /** Checks the annotations on one member of a tensor. */
  private void member(DeclaredTensor tensor, MemberQuantizers member) {
    String subject = member.element().getSimpleName().toString();
    member.written().forEach(quantizer -> QuantizerRules.check(quantizer, subject, problems));
    Optional<RecipeUse> meant = member.meantRecipe(tensor.kind());
    for (RecipeUse recipe : member.recipes()) {
      recipes.checkUse(recipe, problems);
      if (!meant.equals(Optional.of(recipe))) {
        boolean none = member.of(tensor.kind()).isEmpty();
        problems.add(
            ProblemId.MISPLACED,
            recipe.use().place(),
            recipe.use().label(),
            none
                ? "it has no quantizer for this kind of tensor"
                : "the tensor has a descriptor already",
            "remove it");
      }
    }
  }

  /** Reports the quantizers of the class that apply to no tensor. */
  private void unused() {
    layer
        .classWide()
        .forEach(
            (role, quantizer) -> {
              if (!isUsed(role) && !layer.unreadable().contains(role)) {
                problems.add(
                    unused(role),
                    quantizer.place("role"),
                    name,
                    quantizer.label(),
                    remedy(role, quantizer));
              }
            });
  }

  private boolean isUsed(Role role) {
    return role == Role.OUTPUT
        ? choice.output().isPresent()
        : layer.allTensors().anyMatch(t -> isOf(t, role) && QuantizerChoice.usesClass(t));
  }

  private static boolean isOf(DeclaredTensor tensor, Role role) {
    return tensor.kind().role().equals(Optional.of(role));
  }

  private static ProblemId unused(Role role) {
    return switch (role) {
      case WEIGHT -> ProblemId.WEIGHT_QUANTIZER_UNUSED;
      case INPUT -> ProblemId.INPUT_QUANTIZER_UNUSED;
      case OUTPUT -> ProblemId.OUTPUT_QUANTIZER_UNUSED;
    };
  }

  private String remedy(Role role, QuantizerUse quantizer) {
    List<DeclaredTensor> tensors = layer.allTensors().filter(t -> isOf(t, role)).toList();
    if (!tensors.isEmpty()) {
      return quantizer.recipe()
          ? override(role, tensors)
          : "remove it: each has a quantizer of its own";
    }
    if (role == Role.OUTPUT) {
      boolean returnsOther =
          layer.forwards().stream().anyMatch(forward -> !forward.returnsTensor())
              && layer.forwards().stream().noneMatch(DeclaredForward::returnsTensor);
      return returnsOther
          ? "let forward return one INDArray, or remove it"
          : "mark a parameter of the method that returns INDArray with @Input, or remove it";
    }
    return role == Role.WEIGHT
        ? "mark the weight: @Weight(layout = \"OI\") INDArray weight; or remove it"
        : "mark the parameter: forward(@Input(layout = \"…C\") INDArray x); or remove it";
  }

  /** Returns how to replace one role of a recipe. */
  private String override(Role role, List<DeclaredTensor> tensors) {
    Set<String> own =
        tensors.stream()
            .flatMap(tensor -> tensor.quantizers().stream())
            .flatMap(
                member ->
                    member.written().isEmpty()
                        ? member.recipes().stream().map(recipe -> "")
                        : member.written().stream().map(use -> text(role, use)))
            .collect(Collectors.toSet());
    if (own.size() == 1 && !own.contains("")) {
      return "write "
          + own.iterator().next()
          + " on the class, where it replaces the recipe's, and remove it from "
          + tensors.stream().map(DeclaredTensor::name).collect(Collectors.joining(" and "));
    }
    return "replace the recipe by the rest of it: "
        + layer.recipe().stream()
            .flatMap(used -> used.recipe().byRole().values().stream())
            .filter(use -> use.role() != role)
            .map(use -> text(use.role(), use))
            .collect(Collectors.joining(" "));
  }

  /** Returns a {@code @Quantize} as it is written on a class. */
  private static String text(Role role, QuantizerUse use) {
    String elements =
        AnnotationText.elements(use.written().mirror()).replaceAll("^role = [^,]*(, )?", "");
    String written = role == Role.WEIGHT ? "" : "role = Role." + role;
    String comma = written.isEmpty() || elements.isEmpty() ? "" : ", ";
    return "@Quantize(" + written + comma + elements + ")";
  }
}
