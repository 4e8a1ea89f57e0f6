package dev.bitfold.processor.validation.onnx;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.onnx.FileNode;
import dev.bitfold.processor.reader.onnx.DeclaredNodes;
import dev.bitfold.processor.reader.onnx.DeclaredOnnx;
import java.util.ArrayList;
import java.util.List;

/** Checks each {@code @Nodes}: its patterns name layers, and it says something about them. */
final class NodesRules {
  private static final String ONE = "keep one of the two";

  private final DeclaredOnnx declared;
  private final Problems problems;

  NodesRules(DeclaredOnnx declared, Problems problems) {
    this.declared = declared;
    this.problems = problems;
  }

  void check() {
    for (DeclaredNodes rule : declared.rules()) {
      elements(rule);
      for (DeclaredNodes.Pattern pattern : rule.patterns()) {
        named(pattern);
      }
      channels(rule);
    }
  }

  private void elements(DeclaredNodes rule) {
    boolean quantizes =
        rule.use().value("recipe").isPresent()
            || !rule.quantizers().isEmpty()
            || !rule.smoothQuants().isEmpty();
    if (rule.skip() && quantizes) {
      add(rule, "skip", "skip = true leaves the layers float, and more is said about them", ONE);
    } else if (!rule.skip() && !quantizes) {
      add(
          rule,
          "skip",
          "nothing is said about the layers",
          "add skip = true, a recipe, @Quantizes or a @SmoothQuant");
    }
    if (rule.patterns().isEmpty()) {
      add(rule, "value", "there is no pattern", "name nodes of the file");
    }
    if (rule.smoothQuants().size() > 1) {
      add(rule, "smoothQuant", "there are several @SmoothQuants", "keep one");
    }
  }

  private void add(DeclaredNodes rule, String element, String message, String remedy) {
    problems.add(ProblemId.NODES_ELEMENTS, rule.use().place(element), message, remedy);
  }

  private void named(DeclaredNodes.Pattern pattern) {
    String text = pattern.text().toString();
    List<FileNode> matched =
        declared.nodes().stream().filter(node -> pattern.text().matches(node.name())).toList();
    if (matched.isEmpty()) {
      List<String> names =
          declared.nodes().stream()
              .filter(node -> node.state() != FileNode.State.NEVER)
              .map(node -> pattern.text().alike(node.name()))
              .distinct()
              .toList();
      problems.add(
          ProblemId.NODES_PATTERN,
          pattern.place(),
          text,
          declared.resource(),
          NearestName.question(text, names));
    } else if (matched.stream().allMatch(node -> node.state() == FileNode.State.NEVER)) {
      problems.add(
          ProblemId.NODES_WITHOUT_LAYERS,
          pattern.place(),
          text,
          declared.resource(),
          FileRules.reasons(matched));
    }
  }

  /** Reports what is for inputs where all layers are tables. */
  private void channels(DeclaredNodes rule) {
    List<FileNode> decided = new ArrayList<>();
    for (FileNode node : declared.nodes()) {
      if (rule.names(node.name()) && node.state() != FileNode.State.NEVER) {
        decided.add(node);
      }
    }
    if (decided.isEmpty() || !decided.stream().allMatch(FileNode::isTable)) {
      return;
    }
    String nodes = String.join(", ", decided.stream().limit(3).map(FileNode::name).toList());
    String why = "it has no channels that could be smoothed";
    rule.smoothQuants().forEach(use -> without(use.place(), "@SmoothQuant", nodes, why));
    rule.recipe()
        .filter(used -> used.recipe().smoothQuant().isPresent())
        .ifPresent(
            used ->
                without(
                    rule.use().place("recipe"),
                    "the @SmoothQuant of " + used.recipe().label(),
                    nodes,
                    why));
    for (QuantizerUse quantizer : rule.quantizers()) {
      if (quantizer.role() == Role.INPUT) {
        without(
            quantizer.place("role"), quantizer.label(), nodes, "it reads indices, which are exact");
      }
    }
  }

  private void without(Place place, String what, String nodes, String why) {
    problems.add(ProblemId.NODES_WITHOUT_CHANNELS, place, what, nodes, why);
  }
}
