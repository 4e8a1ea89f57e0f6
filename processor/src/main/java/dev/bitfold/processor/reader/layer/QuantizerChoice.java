package dev.bitfold.processor.reader.layer;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.QuantizerUse;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which quantizer a tensor of a layer gets: that of its member, otherwise that of the
 * class, otherwise that of the recipe.
 */
public final class QuantizerChoice {
  private final DeclaredLayer layer;
  private final Map<Role, QuantizerUse> classWide;

  /** Makes the choice for what a class declares. */
  public QuantizerChoice(DeclaredLayer layer) {
    this.layer = layer;
    this.classWide = layer.classWide();
  }

  /** Returns the quantizer of a weight, bias or input; empty if it stays float. */
  public Optional<QuantizerUse> of(DeclaredTensor tensor) {
    return usesClass(tensor)
        ? tensor.kind().role().map(classWide::get)
        : fitting(tensor).stream().findFirst();
  }

  /** Returns whether a tensor has no quantizer of its own, and so gets that of the class. */
  public static boolean usesClass(DeclaredTensor tensor) {
    return tensor.memberQuantizers().isEmpty();
  }

  /** Returns the quantizers on a tensor's members that fit its kind. */
  public static List<QuantizerUse> fitting(DeclaredTensor tensor) {
    Optional<Role> role = tensor.kind().role();
    return tensor.memberQuantizers().stream()
        .filter(use -> role.isPresent())
        .filter(use -> !use.roleWritten() || role.equals(Optional.of(use.role())))
        .toList();
  }

  /** Returns the quantizer of the output; empty if the output stays float. */
  public Optional<QuantizerUse> output() {
    return layer.forward().filter(DeclaredForward::returnsTensor).isPresent()
        ? Optional.ofNullable(classWide.get(Role.OUTPUT))
        : Optional.empty();
  }
}
