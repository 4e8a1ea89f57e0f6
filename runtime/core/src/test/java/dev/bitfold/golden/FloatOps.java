package dev.bitfold.golden;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.quantizer.scale.FloatCodec;
import dev.bitfold.quantizer.scale.Overflow;
import java.util.Arrays;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Section d: small float formats. */
final class FloatOps {
  private FloatOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of(
        "fp_cast", FloatOps::cast,
        "fp_decode", FloatOps::decode,
        "scaled_e4m3", FloatOps::scaled);
  }

  private static GoldenResult cast(GoldenCase golden) {
    INDArray x = golden.input("x");
    if (golden.stringParam("format").equals("INT8")) {
      QuantDescriptor integers =
          QuantDescriptor.builder().bits(8).narrowRange(true).amax(127).build();
      return GoldenResult.of("y", Quantizer.of(integers).quantize(x));
    }
    FloatCodec codec = codec(golden);
    return GoldenResult.of(
        "y",
        switch (golden.stringParam("overflow")) {
          case "nan", "inf" -> codec.cast(x, Overflow.NON_FINITE);
          case "microxcaling" -> codec.cast(x, Overflow.SATURATE_FINITE);
          case "cuda_kernel" -> throughCodes(codec, golden.floats("x"));
          default -> codec.cast(x, Overflow.SATURATE);
        });
  }

  private static float[] throughCodes(FloatCodec codec, float[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] = codec.decode(codec.encode(x[i]));
    }
    return x;
  }

  private static GoldenResult decode(GoldenCase golden) {
    FloatCodec codec = codec(golden);
    return GoldenResult.of(
        "y",
        Arrays.stream(golden.integers("codes")).mapToDouble(c -> codec.decode((int) c)).toArray());
  }

  private static GoldenResult scaled(GoldenCase golden) {
    boolean other = golden.peer().equals("pytorch_quantization");
    QuantDescriptor descriptor =
        QuantDescriptor.builder()
            .scaleRule(other ? ScaleRule.RECIPROCAL : ScaleRule.FLOOR)
            .bits(golden.intParam("E"), golden.intParam("M"))
            .axis(golden.intsParam("axis"))
            .build();
    FloatFormat format = (FloatFormat) descriptor.format();
    // Without an amax the peers cast unscaled: the largest number as amax makes the scale 1.
    INDArray amax = golden.hasInput("amax") ? golden.input("amax") : Nd4j.scalar(format.max());
    INDArray x = other ? withoutTiny(golden.input("x")) : golden.input("x");
    return GoldenResult.of("y", Quantizer.of(descriptor).withAmax(amax).quantize(x));
  }

  /** pytorch-quantization takes values below 2^-24 for zeros. */
  private static INDArray withoutTiny(INDArray x) {
    return x.mul(Transforms.abs(x).gte(0x1p-24f).castTo(DataType.FLOAT));
  }

  private static FloatCodec codec(GoldenCase golden) {
    String format = golden.stringParam("format");
    return FloatCodec.of(
        new FloatFormat(
            Character.digit(format.charAt(1), 10), Character.digit(format.charAt(3), 10)));
  }
}
