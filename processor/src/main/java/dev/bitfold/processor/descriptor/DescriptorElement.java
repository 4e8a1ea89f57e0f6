package dev.bitfold.processor.descriptor;

import com.palantir.javapoet.CodeBlock;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.lang.AnnotationValues;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.lang.model.element.AnnotationValue;

/**
 * Describes an element of {@code @Quantize} that is part of a descriptor: how it is read from the
 * annotation, and how it is written into generated code. The element {@code role} is not listed
 * here, because it selects tensors.
 *
 * @param element the name of the element in {@code @Quantize} and in the builder
 * @param set reads an annotation's value into a builder
 * @param get returns the value from a descriptor
 * @param code returns the arguments of the builder's method
 * @param <T> the type of the value
 */
record DescriptorElement<T>(
    String element,
    BiConsumer<QuantDescriptor.Builder, AnnotationValue> set,
    Function<QuantDescriptor, T> get,
    Function<? super T, CodeBlock> code) {
  /** All elements. */
  static final List<DescriptorElement<?>> ALL =
      List.of(
          new DescriptorElement<>(
              "bits",
              (b, v) -> b.bits(AnnotationValues.ints(v)),
              QuantDescriptor::bits,
              DescriptorLiterals::numbers),
          new DescriptorElement<>(
              "format",
              (b, v) -> b.format(AnnotationValues.constant(Format.class, v)),
              QuantDescriptor::namedFormat,
              DescriptorLiterals::constant),
          new DescriptorElement<>(
              "axis",
              (b, v) -> b.axis(AnnotationValues.ints(v)),
              QuantDescriptor::axis,
              DescriptorLiterals::numbers),
          new DescriptorElement<>(
              "per",
              (b, v) -> b.per(AnnotationValues.text(v)),
              QuantDescriptor::per,
              DescriptorLiterals::text),
          new DescriptorElement<>(
              "blockSizes",
              (b, v) -> b.blockSizes(BlockReader.read(v)),
              QuantDescriptor::blockSizes,
              DescriptorLiterals::blocks),
          new DescriptorElement<>(
              "dynamic",
              (b, v) -> b.dynamic(AnnotationValues.flag(v)),
              QuantDescriptor::dynamic,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "calib",
              (b, v) -> b.calib(AnnotationValues.constant(Calib.class, v)),
              QuantDescriptor::calib,
              DescriptorLiterals::constant),
          new DescriptorElement<>(
              "percentile",
              (b, v) -> b.percentile(AnnotationValues.number(v)),
              QuantDescriptor::percentile,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "bins",
              (b, v) -> b.bins(AnnotationValues.integer(v)),
              QuantDescriptor::bins,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "scaleBits",
              (b, v) -> b.scaleBits(AnnotationValues.ints(v)),
              QuantDescriptor::scaleBits,
              DescriptorLiterals::numbers),
          new DescriptorElement<>(
              "scaleBlockSizes",
              (b, v) -> b.scaleBlockSizes(BlockReader.read(v)),
              QuantDescriptor::scaleBlockSizes,
              DescriptorLiterals::blocks),
          new DescriptorElement<>(
              "scaleRule",
              (b, v) -> b.scaleRule(AnnotationValues.constant(ScaleRule.class, v)),
              QuantDescriptor::scaleRule,
              DescriptorLiterals::constant),
          new DescriptorElement<>(
              "rounding",
              (b, v) -> b.rounding(AnnotationValues.constant(Rounding.class, v)),
              QuantDescriptor::rounding,
              DescriptorLiterals::constant),
          new DescriptorElement<>(
              "unsigned",
              (b, v) -> b.unsigned(AnnotationValues.flag(v)),
              QuantDescriptor::unsigned,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "narrowRange",
              (b, v) -> b.narrowRange(AnnotationValues.flag(v)),
              QuantDescriptor::narrowRange,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "affine",
              (b, v) -> b.affine(AnnotationValues.flag(v)),
              QuantDescriptor::affine,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "amax",
              (b, v) -> b.amax(AnnotationValues.doubles(v)),
              QuantDescriptor::amax,
              DescriptorLiterals::floats),
          new DescriptorElement<>(
              "scaleAmax",
              (b, v) -> b.scaleAmax(AnnotationValues.number(v)),
              QuantDescriptor::scaleAmax,
              DescriptorLiterals::number),
          new DescriptorElement<>(
              "learnAmax",
              (b, v) -> b.learnAmax(AnnotationValues.flag(v)),
              QuantDescriptor::learnAmax,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "ste",
              (b, v) -> b.ste(AnnotationValues.constant(Ste.class, v)),
              QuantDescriptor::ste,
              DescriptorLiterals::constant),
          new DescriptorElement<>(
              "fakeQuant",
              (b, v) -> b.fakeQuant(AnnotationValues.flag(v)),
              QuantDescriptor::fakeQuant,
              DescriptorLiterals::plain),
          new DescriptorElement<>(
              "name",
              (b, v) -> b.name(AnnotationValues.text(v)),
              QuantDescriptor::name,
              DescriptorLiterals::text));

  /** Returns the element with a name. */
  static Optional<DescriptorElement<?>> of(String element) {
    for (DescriptorElement<?> known : ALL) {
      if (known.element().equals(element)) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }

  /** Sets the builder's value from an annotation's value. */
  void read(QuantDescriptor.Builder builder, AnnotationValue value) {
    set.accept(builder, value);
  }

  /** Returns the arguments of the builder's method; empty if the value is the default. */
  Optional<CodeBlock> write(QuantDescriptor descriptor, QuantDescriptor defaults) {
    T value = get.apply(descriptor);
    return get.apply(defaults).equals(value) ? Optional.empty() : Optional.of(code.apply(value));
  }
}
