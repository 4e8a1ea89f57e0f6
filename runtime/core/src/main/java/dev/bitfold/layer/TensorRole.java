package dev.bitfold.layer;

import dev.bitfold.annotations.Role;
import java.util.Optional;

/** Names the roles of a layer's tensors. */
public enum TensorRole {
  /** A constructor's tensor marked {@code @Weight}. */
  WEIGHT(Role.WEIGHT),
  /** A constructor's tensor marked {@code @Bias}; never quantized. */
  BIAS(null),
  /** A parameter of {@code forward} marked {@code @Input}. */
  INPUT(Role.INPUT),
  /** The result of {@code forward}. */
  OUTPUT(Role.OUTPUT);

  private final Optional<Role> role;

  TensorRole(@org.jspecify.annotations.Nullable Role role) {
    this.role = Optional.ofNullable(role);
  }

  /** Returns the role in an annotation or recipe; empty for a bias. */
  public Optional<Role> role() {
    return role;
  }
}
