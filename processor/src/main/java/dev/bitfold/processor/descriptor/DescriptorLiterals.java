package dev.bitfold.processor.descriptor;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.source.Literals;
import java.util.List;
import java.util.function.Function;

/** Writes values of descriptors as Java code. */
final class DescriptorLiterals {
  private DescriptorLiterals() {}

  static CodeBlock plain(Object value) {
    return CodeBlock.of("$L", value);
  }

  static CodeBlock text(String value) {
    return Literals.of(value);
  }

  static CodeBlock numbers(List<Integer> values) {
    return join(values, DescriptorLiterals::plain);
  }

  static CodeBlock floats(List<Float> values) {
    return join(values, DescriptorLiterals::number);
  }

  /** Returns the shortest double that rounds to the same float. */
  static CodeBlock number(float value) {
    String shortest = Float.toString(value);
    return (float) Double.parseDouble(shortest) == value
        ? CodeBlock.of("$L", shortest)
        : CodeBlock.of("$L", (double) value);
  }

  static CodeBlock constant(Enum<?> value) {
    ClassName type = BitfoldNames.annotation(value.getDeclaringClass().getSimpleName());
    return CodeBlock.of("$T.$L", type, value.name());
  }

  static CodeBlock blocks(List<BlockSize> values) {
    return join(values, DescriptorLiterals::block);
  }

  private static CodeBlock block(BlockSize block) {
    CodeBlock size =
        block.size() == BlockSize.WHOLE
            ? CodeBlock.of("$T.WHOLE", BitfoldNames.BLOCK_SIZE)
            : CodeBlock.of("$L", block.size());
    return block.along().isEmpty()
        ? CodeBlock.of("$T.axis($L, $L)", BitfoldNames.BLOCK_SIZE, block.axis(), size)
        : CodeBlock.of("$T.along($L, $L)", BitfoldNames.BLOCK_SIZE, text(block.along()), size);
  }

  private static <T> CodeBlock join(List<T> values, Function<? super T, CodeBlock> code) {
    return values.stream().map(code).collect(CodeBlock.joining(", "));
  }
}
