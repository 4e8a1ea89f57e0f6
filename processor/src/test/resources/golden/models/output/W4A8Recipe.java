package com.acme;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import javax.annotation.processing.Generated;

/** The recipe {@link W4A8} as a value, for {@code plan.using}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class W4A8Recipe {
  /** What the annotation says. */
  public static final Recipe RECIPE =
      Recipe.of("W4A8")
          .with(Role.WEIGHT, QuantDescriptor.builder().bits(4).per("O").build())
          .with(Role.INPUT, QuantDescriptor.builder().bits(8).build());

  private W4A8Recipe() {}
}
