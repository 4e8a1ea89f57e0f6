package dev.bitfold.processor.reader.layer;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.reader.RecipeUse;
import dev.bitfold.processor.reader.creator.Creation;
import dev.bitfold.processor.reader.creator.Creator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;

/**
 * Describes what a layer class declares. Nothing is decided yet, and only its readability has been
 * checked.
 *
 * @param type the class
 * @param creation how it is rebuilt
 * @param tensors its weights and biases
 * @param loneQuantizers the quantizers on members that are not tensors
 * @param unreadable the roles with a marked member or parameter that is not a tensor
 * @param forwards the methods that can have hooks
 * @param hooked the one of these methods with a marked parameter or a quantized output
 * @param backwards the methods that return gradients, or are most likely meant to
 * @param scales the parameters that take scales of codes
 * @param quantizers the {@code @Quantize}s on the class
 * @param recipes the recipes on the class
 * @param ownSmoothQuant the {@code @SmoothQuant} on the class
 */
public record DeclaredLayer(
    TypeElement type,
    Creation creation,
    List<DeclaredTensor> tensors,
    List<MemberQuantizers> loneQuantizers,
    Set<Role> unreadable,
    List<DeclaredForward> forwards,
    Optional<DeclaredForward> hooked,
    List<DeclaredBackward> backwards,
    List<DeclaredScale> scales,
    List<QuantizerUse> quantizers,
    List<RecipeUse> recipes,
    Optional<AnnotationUse> ownSmoothQuant) {
  /** Copies the lists. */
  public DeclaredLayer {
    tensors = List.copyOf(tensors);
    loneQuantizers = List.copyOf(loneQuantizers);
    unreadable = Set.copyOf(unreadable);
    forwards = List.copyOf(forwards);
    backwards = List.copyOf(backwards);
    scales = List.copyOf(scales);
    quantizers = List.copyOf(quantizers);
    recipes = List.copyOf(recipes);
  }

  /**
   * Returns the method with hooks: the hooked one, or otherwise the one whose gradients are
   * computed.
   */
  public Optional<DeclaredForward> forward() {
    return hooked.or(
        () ->
            backward()
                .flatMap(DeclaredBackward::forward)
                .flatMap(
                    method ->
                        forwards.stream().filter(f -> f.method().equals(method)).findFirst()));
  }

  /** Returns the inputs of the hooked method. */
  public List<DeclaredTensor> inputs() {
    return hooked.map(DeclaredForward::inputs).orElse(List.of());
  }

  /** Returns the constructor with its arguments, if there is one. */
  public Optional<Creator> creator() {
    return creation.creator();
  }

  /** Returns the constructor that rebuilds the class. */
  public Optional<ExecutableElement> constructor() {
    return creator().map(Creator::constructor);
  }

  /** Returns the weights, biases and inputs. */
  public Stream<DeclaredTensor> allTensors() {
    return Stream.concat(tensors.stream(), inputs().stream());
  }

  /** Returns the recipe of the class. */
  public Optional<RecipeUse> recipe() {
    return recipes.stream().findFirst();
  }

  /** Returns the {@code @SmoothQuant} on the class or in its recipe. */
  public Optional<AnnotationUse> smoothQuant() {
    return ownSmoothQuant.or(() -> recipe().flatMap(used -> used.recipe().smoothQuant()));
  }

  /**
   * Returns one quantizer for each role. The class's own quantizers take precedence over those of
   * its recipe.
   */
  public Map<Role, QuantizerUse> classWide() {
    Map<Role, QuantizerUse> classWide = new EnumMap<>(Role.class);
    quantizers.forEach(quantizer -> classWide.putIfAbsent(quantizer.role(), quantizer));
    recipe().ifPresent(used -> used.byRole().forEach(classWide::putIfAbsent));
    return classWide;
  }

  /** Returns whether its tensors are variables of a graph, judged by the first tensor. */
  public boolean variables() {
    return allTensors()
        .map(DeclaredTensor::variable)
        .findFirst()
        .orElseGet(
            () -> hooked.filter(f -> Language.isVariable(f.method().getReturnType())).isPresent());
  }

  /**
   * Returns the method that computes the gradients; empty for a graph, which differentiates itself.
   */
  public Optional<DeclaredBackward> backward() {
    return variables()
        ? Optional.empty()
        : backwards.stream()
            .filter(backward -> backward.forward().isPresent())
            .reduce((first, second) -> second);
  }
}
