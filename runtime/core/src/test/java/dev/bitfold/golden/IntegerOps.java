package dev.bitfold.golden;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Codes;
import dev.bitfold.quantizer.Quantizer;
import java.util.Map;

/** Section a: integer fake quantization. */
final class IntegerOps {
  private IntegerOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of(
        "tensor_quant", IntegerOps::tensorQuant,
        "fake_tensor_quant", IntegerOps::fakeTensorQuant,
        "reduce_amax", IntegerOps::reduceAmax);
  }

  private static GoldenResult tensorQuant(GoldenCase golden) {
    Codes codes = quantizer(golden).codes(golden.input("x"));
    return GoldenResult.of("outputs", codes.codes()).and("scale", codes.scale());
  }

  private static GoldenResult fakeTensorQuant(GoldenCase golden) {
    return GoldenResult.of("y", quantizer(golden).quantize(golden.input("x")));
  }

  private static GoldenResult reduceAmax(GoldenCase golden) {
    QuantDescriptor descriptor = QuantDescriptor.builder().axis(golden.intsParam("axis")).build();
    return GoldenResult.of("amax", Quantizer.of(descriptor).amax(golden.input("x")));
  }

  private static Quantizer quantizer(GoldenCase golden) {
    QuantDescriptor descriptor =
        QuantDescriptor.builder()
            .bits(golden.intParam("num_bits"))
            .unsigned(golden.flag("unsigned"))
            .narrowRange(golden.flag("narrow_range"))
            .axis(golden.intsParam("axis"))
            .build();
    return Quantizer.of(descriptor).withAmax(golden.input("amax"));
  }
}
