package dev.bitfold.processor.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DescriptorElementTest {
  @Test
  void everyElementOfQuantizeIsReadAndWritten() {
    Set<String> declared =
        Arrays.stream(Quantize.class.getDeclaredMethods())
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> known =
        DescriptorElement.ALL.stream()
            .map(DescriptorElement::element)
            .collect(Collectors.toCollection(TreeSet::new));
    known.add("role");
    assertEquals(declared, known);
  }

  @Test
  void codeSaysWhatTheDescriptorSays() {
    assertEquals(
        "dev.bitfold.descriptor.QuantDescriptor.builder().bits(8).build()",
        DescriptorCode.of(QuantDescriptor.bits(8)).toString());
    QuantDescriptor blocks =
        QuantDescriptor.builder()
            .bits(4)
            .blockSizes(BlockSize.along("I", 32), BlockSize.axis(0, BlockSize.WHOLE))
            .unsigned(true)
            .narrowRange(true)
            .build();
    assertEquals(
        "dev.bitfold.descriptor.QuantDescriptor.builder().bits(4)"
            + ".blockSizes(dev.bitfold.descriptor.BlockSize.along(\"I\", 32),"
            + " dev.bitfold.descriptor.BlockSize.axis(0, dev.bitfold.descriptor.BlockSize.WHOLE))"
            + ".unsigned(true).narrowRange(true).build()",
        DescriptorCode.of(blocks).toString());
    QuantDescriptor calibrated =
        QuantDescriptor.builder()
            .calib(Calib.PERCENTILE)
            .axis(0)
            .percentile(99.9)
            .bins(4096)
            .amax(0.1, 3, 1e-30)
            .ste(Ste.PASS_THROUGH)
            .fakeQuant(false)
            .name("a \"name\"")
            .build();
    assertEquals(
        "dev.bitfold.descriptor.QuantDescriptor.builder().bits(8).axis(0)"
            + ".calib(dev.bitfold.annotations.Calib.PERCENTILE).percentile(99.9).bins(4096)"
            + ".amax(0.1, 3.0, 1.0E-30)"
            + ".ste(dev.bitfold.annotations.Ste.PASS_THROUGH).fakeQuant(false)"
            + ".name(\"a \\\"name\\\"\").build()",
        DescriptorCode.of(calibrated).toString());
  }

  @Test
  void aNamedFormatLeavesTheBitsOut() {
    assertEquals(
        "dev.bitfold.descriptor.QuantDescriptor.builder()"
            + ".format(dev.bitfold.annotations.Format.NF4).build()",
        DescriptorCode.of(QuantDescriptor.builder().format(Format.NF4).build()).toString());
  }

  @Test
  void theDefaultRoleIsThatOfTheAnnotation() throws ReflectiveOperationException {
    assertEquals(Role.WEIGHT, Quantize.class.getDeclaredMethod("role").getDefaultValue());
  }
}
