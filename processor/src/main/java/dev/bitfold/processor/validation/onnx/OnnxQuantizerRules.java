package dev.bitfold.processor.validation.onnx;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.onnx.FileNode;
import dev.bitfold.processor.reader.RecipeUse;
import dev.bitfold.processor.reader.onnx.DeclaredNodes;
import dev.bitfold.processor.reader.onnx.DeclaredOnnx;
import dev.bitfold.processor.validation.quantizer.QuantizerRules;
import dev.bitfold.processor.validation.quantizer.RecipeRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks each quantizer, and that it fits the layers that it decides on. */
final class OnnxQuantizerRules {
  private final DeclaredOnnx declared;
  private final RecipeRules recipes;
  private final Problems problems;
  private final String name;

  OnnxQuantizerRules(DeclaredOnnx declared, RecipeRules recipes, Problems problems) {
    this.declared = declared;
    this.recipes = recipes;
    this.problems = problems;
    this.name = declared.type().getSimpleName().toString();
  }

  /** A quantizer on tensors of one kind, in nodes whose tensors have the same letters. */
  private record Use(QuantizerUse quantizer, Role role, String operator, String letters) {}

  /** A quantizer for a role, as it is written once. */
  private record Written(QuantizerUse quantizer, Role role) {}

  void check() {
    RecipeRules.checkAll(declared.quantizers(), name, problems);
    RecipeRules.checkOnlyOne(
        declared.recipes().stream().map(RecipeUse::use).toList(), name, problems);
    declared.recipes().stream().limit(1).forEach(used -> recipes.checkUse(used, problems));
    declared.ownSmoothQuant().ifPresent(use -> RecipeRules.checkAlpha(use, problems));
    smoothed(declared.byRole(), declared.smoothQuant());
    for (DeclaredNodes rule : declared.rules()) {
      RecipeRules.checkAll(rule.quantizers(), "@Nodes", problems);
      rule.recipe().ifPresent(used -> recipes.checkUse(used, problems));
      rule.smoothQuants().forEach(use -> RecipeRules.checkAlpha(use, problems));
      boolean partOfDefault = declared.isDefault() && rule.recipe().isEmpty();
      if (!partOfDefault && !rule.skip()) {
        smoothed(rule.byRole(declared.byRole()), rule.smoothQuant(declared.smoothQuant()));
      }
    }
    fitting();
  }

  private void smoothed(Map<Role, QuantizerUse> byRole, Optional<AnnotationUse> smoothQuant) {
    if (smoothQuant.isPresent() && !byRole.containsKey(Role.INPUT)) {
      problems.add(
          ProblemId.SMOOTH_TENSORS,
          smoothQuant.get().place(),
          name,
          "input",
          "is none",
          "add @Quantize(role = Role.INPUT, bits = 8), or remove it");
    }
  }

  /** Checks the descriptors of nodes that are layers whatever preparing the file does. */
  private void fitting() {
    Map<Use, List<FileNode>> uses = new LinkedHashMap<>();
    for (FileNode node : declared.nodes()) {
      if (node.isLayer()) {
        Optional<DeclaredNodes> rule = declared.rule(node.name());
        if (rule.filter(DeclaredNodes::skip).isEmpty()) {
          Map<Role, QuantizerUse> byRole =
              rule.map(r -> r.byRole(declared.byRole())).orElse(declared.byRole());
          byRole.forEach((role, quantizer) -> add(node, role, quantizer, uses));
        }
      }
    }
    Set<Written> reported = new HashSet<>();
    uses.forEach((use, nodes) -> fits(use, nodes, reported));
  }

  private static void add(
      FileNode node, Role role, QuantizerUse quantizer, Map<Use, List<FileNode>> uses) {
    String letters =
        switch (role) {
          case WEIGHT -> node.weight();
          case INPUT -> node.input();
          case OUTPUT -> "";
        };
    if (!(role == Role.INPUT && letters.isEmpty())) {
      uses.computeIfAbsent(
              new Use(quantizer, role, node.node().operator(), letters), use -> new ArrayList<>())
          .add(node);
    }
  }

  /** Reports a quantizer for the first nodes that it does not fit. */
  private void fits(Use use, List<FileNode> nodes, Set<Written> reported) {
    Written written = new Written(use.quantizer(), use.role());
    if (reported.contains(written)) {
      return;
    }
    int more = nodes.size() - 1;
    String of =
        "node "
            + nodes.get(0).name()
            + (more == 0 ? "" : " and " + more + " more")
            + " ("
            + use.operator()
            + ")";
    String tensor =
        switch (use.role()) {
          case WEIGHT -> "the weight";
          case INPUT -> "the input";
          case OUTPUT -> "the output";
        };
    Problems found = new Problems();
    QuantizerRules.checkTensor(
        use.quantizer(), use.role(), new Layout(use.letters()), tensor + " of " + of, found);
    if (found.isEmpty()) {
      FormatRules.problem(use.quantizer(), use.role(), use.operator())
          .ifPresent(
              problem ->
                  found.add(
                      ProblemId.ONNX_FORMAT,
                      use.quantizer().place(problem.element()),
                      tensor,
                      of,
                      problem.message(),
                      problem.remedy()));
    }
    if (!found.isEmpty()) {
      reported.add(written);
      problems.addAll(found);
    }
  }
}
