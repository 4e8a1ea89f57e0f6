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
 * What a layer class declares. Nothing is decided yet, and nothing but its readability is checked.
 *
 * @param type the class
 * @param creation how it is built again
 * @param tensors its weights and biases
 * @param loneQuantizers quantizers on members that are no tensors
 * @param unreadable the roles of which a member or parameter is marked and is no tensor
 * @param forwards the methods that hooks can go around
 * @param hooked the one of these with a marked parameter or a quantized output
 * @param backwards the methods that return gradients
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
    List<QuantizerUse> quantizers,
    List<RecipeUse> recipes,
    Optional<AnnotationUse> ownSmoothQuant) {
  /** Lists are copied. */
  public DeclaredLayer {
    tensors = List.copyOf(tensors);
    loneQuantizers = List.copyOf(loneQuantizers);
    unreadable = Set.copyOf(unreadable);
    forwards = List.copyOf(forwards);
    backwards = List.copyOf(backwards);
    quantizers = List.copyOf(quantizers);
    recipes = List.copyOf(recipes);
  }

  /**
   * Returns the method that hooks go around: the hooked one, else that whose gradients are given.
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

  /** Returns the constructor that builds it again, if there is one. */
  public Optional<Creator> creator() {
    return creation.creator();
  }

  /** Returns that constructor. */
  public Optional<ExecutableElement> constructor() {
    return creator().map(Creator::constructor);
  }

  /** Returns its weights, biases and inputs. */
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

  /** Returns one quantizer for each role: the class's own before those of its recipe. */
  public Map<Role, QuantizerUse> classWide() {
    Map<Role, QuantizerUse> classWide = new EnumMap<>(Role.class);
    quantizers.forEach(quantizer -> classWide.putIfAbsent(quantizer.role(), quantizer));
    recipe().ifPresent(used -> used.byRole().forEach(classWide::putIfAbsent));
    return classWide;
  }

  /** Returns whether its tensors are a graph's variables, as the first one is. */
  public boolean variables() {
    return allTensors()
        .map(DeclaredTensor::variable)
        .findFirst()
        .orElseGet(
            () -> hooked.filter(f -> Language.isVariable(f.method().getReturnType())).isPresent());
  }

  /** Returns the method that gives the gradients; a graph differentiates itself. */
  public Optional<DeclaredBackward> backward() {
    return variables()
        ? Optional.empty()
        : backwards.stream()
            .filter(backward -> backward.forward().isPresent())
            .reduce((first, second) -> second);
  }
}
