package com.acme;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import javax.annotation.processing.Generated;

/** The recipe {@link Outer.W4} as a value, for {@code plan.using}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class Outer_W4Recipe {
  /** What the annotation says. */
  public static final Recipe RECIPE =
      Recipe.of("W4")
          .with(Role.WEIGHT, QuantDescriptor.builder().bits(4).build());

  private Outer_W4Recipe() {}
}
