package dev.bitfold.processor.model;

import dev.bitfold.annotations.Role;
import java.util.Optional;

/** Names the kinds of tensors in a layer. */
public enum TensorKind {
  WEIGHT(Optional.of(Role.WEIGHT)),
  BIAS(Optional.empty()),
  INPUT(Optional.of(Role.INPUT));

  private final Optional<Role> role;

  TensorKind(Optional<Role> role) {
    this.role = role;
  }

  /** Returns the role of the quantizers for this kind; empty for a bias. */
  public Optional<Role> role() {
    return role;
  }
}
