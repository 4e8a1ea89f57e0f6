package dev.bitfold.processor.reader.layer;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.model.TensorModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Recipes;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.TypeElement;

/**
 * Decides which quantizer a tensor gets: its member's, else the class's, else the recipe's. A
 * quantizer that no tensor gets is an error.
 */
final class QuantizerResolver {
  private final TypeElement type;
  private final Problems problems;
  private final Map<Role, QuantizerUse> classWide = new EnumMap<>(Role.class);
  private final Set<Role> used = EnumSet.noneOf(Role.class);
  private Optional<AnnotationUse> recipe = Optional.empty();
  private Optional<AnnotationUse> smoothQuant;

  QuantizerResolver(TypeElement type, Recipes recipes, Problems problems) {
    this.type = type;
    this.problems = problems;
    this.smoothQuant = AnnotationUse.find(type, BitfoldNames.SMOOTH_QUANT);
    String name = type.getSimpleName().toString();
    for (AnnotationUse use : AnnotationUse.all(type, BitfoldNames.QUANTIZE)) {
      QuantizerUse quantizer = DescriptorReader.read(use, name, problems);
      if (classWide.putIfAbsent(quantizer.role(), quantizer) != null) {
        problems.add(ProblemId.ROLE_TWICE, use.place("role"), name, quantizer.role());
      }
    }
    List<AnnotationUse> found = recipes.on(type);
    if (found.size() > 1) {
      AnnotationUse second = found.get(1);
      problems.add(
          ProblemId.TWO_RECIPES, second.place(), name, found.get(0).label(), second.label());
    }
    if (!found.isEmpty()) {
      recipe = Optional.of(found.get(0));
      Recipes.Content content = recipes.used(found.get(0), problems);
      content.quantizers().forEach(classWide::putIfAbsent);
      if (smoothQuant.isEmpty() && content.smoothQuant().isPresent()) {
        smoothQuant = content.smoothQuant();
      }
    }
  }

  /** The recipe on the class. */
  Optional<AnnotationUse> recipe() {
    return recipe;
  }

  /** The {@code @SmoothQuant} on the class or in its recipe. */
  Optional<AnnotationUse> smoothQuant() {
    return smoothQuant;
  }

  /** Whether the class quantizes its output. */
  boolean quantizesOutput() {
    return classWide.containsKey(Role.OUTPUT);
  }

  /** The tensor with its descriptor. */
  TensorModel resolve(DeclaredTensor tensor) {
    Optional<QuantizerUse> quantizer = member(tensor);
    Optional<Role> role = tensor.kind().role();
    if (quantizer.isEmpty() && tensor.quantizers().isEmpty() && role.isPresent()) {
      quantizer = Optional.ofNullable(classWide.get(role.get()));
      quantizer.ifPresent(q -> used.add(role.get()));
    }
    quantizer.ifPresent(
        q ->
            tensor
                .layout()
                .ifPresent(l -> q.check(role.orElseThrow(), l, tensor.name(), problems)));
    return new TensorModel(
        tensor.name(),
        tensor.kind(),
        tensor.several(),
        tensor.layout().orElse(Layout.UNKNOWN),
        quantizer.flatMap(QuantizerUse::descriptor),
        tensor.place());
  }

  private Optional<QuantizerUse> member(DeclaredTensor tensor) {
    List<QuantizerUse> fitting = new ArrayList<>();
    for (QuantizerUse use : tensor.quantizers()) {
      if (tensor.kind() == TensorKind.BIAS) {
        problems.add(ProblemId.BIAS_QUANTIZED, use.written().place(), tensor.name());
      } else if (use.roleWritten() && !tensor.kind().role().equals(Optional.of(use.role()))) {
        problems.add(
            ProblemId.ROLE_CONTRADICTS,
            use.place("role"),
            use.role(),
            "the " + (tensor.kind() == TensorKind.WEIGHT ? "weight " : "input ") + tensor.name());
      } else {
        fitting.add(use);
      }
    }
    for (QuantizerUse use : fitting) {
      QuantizerUse first = fitting.get(0);
      if (!use.descriptor().equals(first.descriptor())) {
        problems.add(
            ProblemId.TWO_DESCRIPTORS,
            use.written().place(),
            type.getSimpleName(),
            tensor.name(),
            words(first),
            words(use));
      }
    }
    return fitting.stream().findFirst();
  }

  private static String words(QuantizerUse use) {
    return use.descriptor().map(QuantDescriptor::toString).orElse("an invalid one");
  }

  /** The output's descriptor. */
  Optional<QuantDescriptor> output(boolean hasTensorOutput) {
    QuantizerUse quantizer = classWide.get(Role.OUTPUT);
    if (quantizer == null || !hasTensorOutput) {
      return Optional.empty();
    }
    used.add(Role.OUTPUT);
    quantizer.check(Role.OUTPUT, Layout.UNKNOWN, "the output", problems);
    return quantizer.descriptor();
  }

  /**
   * Reports the quantizers that no tensor got.
   *
   * @param broken the roles that have a problem already
   */
  void reportUnused(Set<Role> broken, boolean hasWeights, boolean hasInputs) {
    classWide.forEach(
        (role, quantizer) -> {
          if (!used.contains(role) && !broken.contains(role)) {
            problems.add(
                unused(role),
                quantizer.place("role"),
                type.getSimpleName(),
                quantizer.label(),
                remedy(role, role == Role.WEIGHT ? hasWeights : hasInputs));
          }
        });
  }

  private static ProblemId unused(Role role) {
    return switch (role) {
      case WEIGHT -> ProblemId.WEIGHT_QUANTIZER_UNUSED;
      case INPUT -> ProblemId.INPUT_QUANTIZER_UNUSED;
      case OUTPUT -> ProblemId.OUTPUT_QUANTIZER_UNUSED;
    };
  }

  private static String remedy(Role role, boolean hasTensors) {
    if (hasTensors) {
      return "take it off: each has a quantizer of its own";
    }
    return role == Role.WEIGHT
        ? "mark the weight, as @Weight(layout = \"OI\") INDArray weight, or take it off"
        : "mark the parameter, as forward(@Input(layout = \"…C\") INDArray x), or take it off";
  }
}
