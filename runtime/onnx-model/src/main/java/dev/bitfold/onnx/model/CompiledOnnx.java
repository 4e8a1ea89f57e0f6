package dev.bitfold.onnx.model;

import dev.bitfold.Plan;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.descriptor.PathPattern;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.internal.graph.OnnxFormatException;
import dev.bitfold.internal.graph.OnnxStructure;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.model.cut.LeftNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the compiler read of a file and of the annotations for it; for generated code. Immutable.
 */
public final class CompiledOnnx {
  private final Class<?> declared;
  private final String resource;
  private final String hash;
  private final Optional<Recipe> all;
  private final List<Rule> rules;

  /** What layers of some nodes follow; nothing if they stay float. */
  private record Rule(List<PathPattern> patterns, Optional<Recipe> recipe) {
    boolean names(String node) {
      return patterns.stream().anyMatch(pattern -> pattern.matches(node));
    }

    @Override
    public String toString() {
      return "@Nodes(\""
          + String.join("\", \"", patterns.stream().map(PathPattern::toString).toList())
          + "\")";
    }
  }

  private CompiledOnnx(
      Class<?> declared, String resource, String hash, Optional<Recipe> all, List<Rule> rules) {
    this.declared = declared;
    this.resource = resource;
    this.hash = hash;
    this.all = all;
    this.rules = List.copyOf(rules);
  }

  /**
   * Returns a file whose layers have the default plan.
   *
   * @param declared the interface that names it
   * @param resource the resource, as {@link Class#getResource} of the interface takes it
   * @param hash the SHA-256 of all but the values of tensors
   */
  public static CompiledOnnx of(Class<?> declared, String resource, String hash) {
    return new CompiledOnnx(declared, resource, hash, Optional.empty(), List.of());
  }

  /** Returns the same file with what all layers follow. */
  public CompiledOnnx using(Recipe recipe) {
    return new CompiledOnnx(declared, resource, hash, Optional.of(recipe), rules);
  }

  /** Returns the same file with what layers of some nodes follow, before all that was said. */
  public CompiledOnnx nodes(Recipe recipe, String... patterns) {
    return with(Optional.of(recipe), patterns);
  }

  /** Returns the same file with nodes whose layers stay float, before all that was said. */
  public CompiledOnnx skip(String... patterns) {
    return with(Optional.empty(), patterns);
  }

  private CompiledOnnx with(Optional<Recipe> recipe, String... patterns) {
    List<Rule> more = new ArrayList<>(rules);
    more.add(new Rule(List.of(patterns).stream().map(PathPattern::of).toList(), recipe));
    return new CompiledOnnx(declared, resource, hash, all, more);
  }

  /** Begins to open the resource; opening it refuses another graph than the compiler read. */
  public OnnxModelBuilder from() {
    return OnnxModelBuilder.of(declared, resource, in -> check(resource, in));
  }

  /** Begins to open a file in place of the resource, which must hold the same graph. */
  public OnnxModelBuilder from(Path file) {
    return OnnxModelBuilder.of(file, in -> check(file.toString(), in));
  }

  private void check(String name, InputStream in) throws IOException {
    String found;
    try {
      found = OnnxStructure.read(in).hash();
    } catch (OnnxFormatException e) {
      throw new OnnxException(name, String.valueOf(e.getMessage()), e);
    }
    if (!found.equals(hash)) {
      throw new OnnxException(
          name,
          "has changed since "
              + declared.getName()
              + " was compiled: the hash of its graph is "
              + found
              + ", then it was "
              + hash
              + "; recompile "
              + declared.getSimpleName());
    }
  }

  /**
   * Returns the plan that the annotations describe.
   *
   * @throws OnnxException if the file has no layer, a {@code @Nodes} names none, or one that other
   *     nodes belong to as well
   */
  public Plan<OnnxModel> plan(OnnxModel model) {
    Plan<OnnxModel> plan = model.plan();
    Set<PathPattern> used = new LinkedHashSet<>();
    for (OnnxLayer layer : model.layers()) {
      Optional<Rule> rule = rule(model, layer);
      layer.nodes().forEach(node -> use(node, used));
      if (rule.isPresent()) {
        plan = follow(plan, layer, rule.get().recipe());
      } else if (all.isPresent()) {
        plan = follow(plan, layer, all);
      }
    }
    for (Rule rule : rules) {
      for (PathPattern pattern : rule.patterns()) {
        if (!used.contains(pattern)) {
          throw unused(model, pattern);
        }
      }
    }
    return plan;
  }

  private void use(String node, Set<PathPattern> used) {
    for (Rule rule : rules) {
      rule.patterns().stream().filter(pattern -> pattern.matches(node)).forEach(used::add);
    }
  }

  /** Returns the rule that decides on a layer: the last for each of its nodes. */
  private Optional<Rule> rule(OnnxModel model, OnnxLayer layer) {
    Map<Optional<Rule>, String> deciding = new HashMap<>();
    for (String node : layer.nodes()) {
      Optional<Rule> last =
          rules.stream().filter(rule -> rule.names(node)).reduce((first, second) -> second);
      deciding.putIfAbsent(last, node);
    }
    if (deciding.size() > 1) {
      Rule some = deciding.keySet().stream().flatMap(Optional::stream).findFirst().orElseThrow();
      throw new OnnxException(
          model.source().name(),
          "has one layer of the nodes "
              + String.join(", ", layer.nodes())
              + ", which read one value, and "
              + some
              + " is not for all of them; name all, or none");
    }
    return deciding.keySet().iterator().next();
  }

  private static Plan<OnnxModel> follow(
      Plan<OnnxModel> plan, OnnxLayer layer, Optional<Recipe> recipe) {
    Recipe own = recipe.map(all -> of(layer, all)).orElse(Recipe.FLOAT);
    return own.descriptors().isEmpty() ? plan.skip(layer.path()) : plan.using(own, layer.path());
  }

  /** Returns what of a recipe is for a layer: a table has no input that could be quantized. */
  private static Recipe of(OnnxLayer layer, Recipe recipe) {
    if (!layer.inputLayout().isEmpty()) {
      return recipe;
    }
    Map<Role, QuantDescriptor> descriptors = new HashMap<>(recipe.descriptors());
    descriptors.remove(Role.INPUT);
    return new Recipe(recipe.name(), descriptors, Alpha.off());
  }

  private OnnxException unused(OnnxModel model, PathPattern pattern) {
    String reasons =
        String.join(
            "; ",
            model.left().stream()
                .filter(left -> pattern.matches(left.node()))
                .map(LeftNode::toString)
                .toList());
    List<String> nodes =
        model.layers().stream()
            .flatMap(layer -> layer.nodes().stream())
            .map(pattern::alike)
            .distinct()
            .toList();
    return new OnnxException(
        model.source().name(),
        "has no layer for @Nodes(\""
            + pattern
            + "\") of "
            + declared.getName()
            + ": "
            + (reasons.isEmpty() ? NearestName.question(pattern.toString(), nodes) : reasons));
  }
}
