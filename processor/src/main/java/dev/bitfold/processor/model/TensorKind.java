package dev.bitfold.processor.model;

import dev.bitfold.annotations.Role;
import java.util.Optional;

/** What a layer's tensor is. */
public enum TensorKind {
  WEIGHT(Optional.of(Role.WEIGHT)),
  BIAS(Optional.empty()),
  INPUT(Optional.of(Role.INPUT));

  private final Optional<Role> role;

  TensorKind(Optional<Role> role) {
    this.role = role;
  }

  /** Which quantizers speak of it; none of a bias. */
  public Optional<Role> role() {
    return role;
  }
}
