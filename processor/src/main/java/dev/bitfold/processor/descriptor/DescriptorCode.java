package dev.bitfold.processor.descriptor;

import com.palantir.javapoet.CodeBlock;
import dev.bitfold.annotations.Format;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.names.BitfoldNames;

/** Writes descriptors as Java code. */
public final class DescriptorCode {
  private static final QuantDescriptor DEFAULTS = QuantDescriptor.builder().build();

  private DescriptorCode() {}

  /**
   * Returns {@code QuantDescriptor.builder().bits(4).per("O").build()}. Elements with their default
   * value are left out, except {@code bits}.
   */
  public static CodeBlock of(QuantDescriptor descriptor) {
    CodeBlock.Builder code = CodeBlock.builder().add("$T.builder()", BitfoldNames.QUANT_DESCRIPTOR);
    if (descriptor.bits().equals(DEFAULTS.bits()) && descriptor.namedFormat() == Format.BITS) {
      code.add(".bits(8)"); // The default, but a reader wants to see it.
    }
    for (DescriptorElement<?> element : DescriptorElement.ALL) {
      element
          .write(descriptor, DEFAULTS)
          .ifPresent(argument -> code.add(".$L($L)", element.element(), argument));
    }
    return code.add(".build()").build();
  }
}
