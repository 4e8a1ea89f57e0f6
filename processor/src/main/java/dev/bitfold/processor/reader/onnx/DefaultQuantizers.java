package dev.bitfold.processor.reader.onnx;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Map;

/**
 * The default plan of ONNX files, as the runtime has it: what a {@code @Nodes} changes a part of
 * where the interface says nothing.
 */
final class DefaultQuantizers {
  static final Map<Role, QuantDescriptor> BY_ROLE =
      Map.of(
          Role.WEIGHT,
          QuantDescriptor.builder().bits(8).per("O").build(),
          Role.INPUT,
          QuantDescriptor.builder().bits(8).unsigned(true).affine(true).build());

  static final Alpha ALPHA = Alpha.searched();

  private DefaultQuantizers() {}
}
