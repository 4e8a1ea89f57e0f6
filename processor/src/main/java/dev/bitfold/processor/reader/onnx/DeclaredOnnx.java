package dev.bitfold.processor.reader.onnx;

import dev.bitfold.annotations.Role;
import dev.bitfold.internal.graph.OnnxStructure;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.onnx.FileNode;
import dev.bitfold.processor.reader.RecipeUse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.TypeElement;

/**
 * Describes an interface that stands for an ONNX file, with the file.
 *
 * @param type the interface
 * @param use the {@code @QuantizeOnnx}
 * @param resource the file, as the annotation names it
 * @param file what the file holds
 * @param nodes the file's nodes
 * @param quantizers the {@code @Quantize}s on the interface
 * @param recipes the recipes on the interface
 * @param ownSmoothQuant the {@code @SmoothQuant} on the interface
 * @param rules the {@code @Nodes} on the interface
 */
public record DeclaredOnnx(
    TypeElement type,
    AnnotationUse use,
    String resource,
    OnnxStructure file,
    List<FileNode> nodes,
    List<QuantizerUse> quantizers,
    List<RecipeUse> recipes,
    Optional<AnnotationUse> ownSmoothQuant,
    List<DeclaredNodes> rules) {
  /** Returns whether nothing on the interface says how layers are quantized. */
  public boolean isDefault() {
    return quantizers.isEmpty() && recipes.isEmpty() && ownSmoothQuant.isEmpty();
  }

  /** Returns the quantizers of all layers by role: the interface's own before its recipe's. */
  public Map<Role, QuantizerUse> byRole() {
    Map<Role, QuantizerUse> byRole = new EnumMap<>(Role.class);
    quantizers.forEach(quantizer -> byRole.putIfAbsent(quantizer.role(), quantizer));
    recipes.stream().limit(1).forEach(r -> r.byRole().forEach(byRole::putIfAbsent));
    return byRole;
  }

  /** Returns the {@code @SmoothQuant} of all layers. */
  public Optional<AnnotationUse> smoothQuant() {
    return ownSmoothQuant.or(
        () ->
            recipes.stream().limit(1).flatMap(r -> r.recipe().smoothQuant().stream()).findFirst());
  }

  /** Returns the rule that decides on a node: the last that names it. */
  public Optional<DeclaredNodes> rule(String node) {
    return rules.stream().filter(rule -> rule.names(node)).reduce((first, second) -> second);
  }
}
