package dev.bitfold.golden;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Codes;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.quantizer.scale.FloatCodec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Section e: block quantization. */
final class BlockOps {
  private BlockOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of(
        "static_block_fake_quant", BlockOps::staticBlocks,
        "dynamic_block_quant", BlockOps::dynamicBlocks,
        "nvfp4_triton", BlockOps::nvFp4Triton,
        "nvfp4_qtensor", BlockOps::nvFp4,
        "mxfp8_qtensor", BlockOps::mxFp8,
        "mxfp4_qtensor", BlockOps::mxFp4,
        "int4_qtensor", BlockOps::int4,
        "nf4_qtensor", BlockOps::nf4,
        "mx_quantize", BlockOps::mx);
  }

  private static GoldenResult staticBlocks(GoldenCase golden) {
    BlockSize[] blocks =
        StreamSupport.stream(
                ((Iterable<String>) golden.param("block_sizes")::fieldNames).spliterator(), false)
            .map(
                a ->
                    BlockSize.axis(Integer.parseInt(a), golden.param("block_sizes").get(a).asInt()))
            .toArray(BlockSize[]::new);
    QuantDescriptor descriptor =
        QuantDescriptor.builder()
            .bits(golden.intsParam("num_bits"))
            .unsigned(golden.flag("unsigned"))
            .narrowRange(golden.flag("narrow_range"))
            .blockSizes(blocks)
            .build();
    Quantizer quantizer = Quantizer.of(descriptor);
    return GoldenResult.of("y", quantizer.quantize(golden.input("x")))
        .and("amax", flat(quantizer.amax(golden.input("x"))))
        .leaveOut("blocked_shape", "how the peer reshapes")
        .leaveOut("quant_axis", "how the peer reshapes");
  }

  private static GoldenResult dynamicBlocks(GoldenCase golden) {
    QuantDescriptor.Builder blocks = lastAxis(golden).bits(golden.intsParam("num_bits"));
    boolean e4m3 = golden.stringParam("scale_format").equals("E4M3");
    QuantDescriptor descriptor =
        (e4m3
                ? blocks.scaleBits(4, 3).scaleRule(ScaleRule.RECIPROCAL)
                : blocks.scaleBits(8, 0).scaleRule(ScaleRule.CEIL))
            .build();
    Quantizer quantizer = Quantizer.of(descriptor);
    Quantizer fixed = e4m3 ? quantizer.withAmax(golden.input("global_amax")) : quantizer;
    return GoldenResult.of("y", fixed.quantize(golden.input("x")))
        .and("block_unscale", fixed.codes(golden.input("x")).scale());
  }

  private static GoldenResult nvFp4Triton(GoldenCase golden) {
    QuantDescriptor descriptor =
        lastAxis(golden).bits(2, 1).scaleBits(4, 3).scaleRule(ScaleRule.FLUSH).build();
    Quantizer quantizer = Quantizer.of(descriptor).withAmax(golden.input("global_amax"));
    return GoldenResult.of("y", quantizer.quantize(golden.input("x")))
        .and("block_scale", flat(quantizer.codes(golden.input("x")).scale()));
  }

  private static GoldenResult nvFp4(GoldenCase golden) {
    Quantizer quantizer = Quantizer.of(lastAxis(golden).bits(2, 1).scaleBits(4, 3).build());
    PackedTensor packed = quantizer.pack(padded(golden.input("x"), golden.intParam("block_size")));
    FloatCodec e4m3 = FloatCodec.of(new FloatFormat(4, 3));
    return GoldenResult.of("packed", packed.packedCodes())
        .and("block_scale_codes", packed.scaleCodes())
        .and(
            "block_scale_e4m3",
            Arrays.stream(packed.scaleCodes()).mapToDouble(e4m3::decode).toArray())
        .and("scale_2", packed.secondScales())
        .and("y", quantizer.quantize(golden.input("x")));
  }

  private static GoldenResult mxFp8(GoldenCase golden) {
    Quantizer quantizer =
        Quantizer.of(lastAxis(golden).bits(4, 3).scaleBits(8, 0).scaleRule(ScaleRule.CEIL).build());
    INDArray x = golden.input("x");
    return GoldenResult.of("q", quantizer.codes(x).codes())
        .and("scale_e8m0", quantizer.pack(x).scaleCodes())
        .and("y", quantizer.pack(x).unpack());
  }

  private static GoldenResult mxFp4(GoldenCase golden) {
    QuantDescriptor descriptor =
        lastAxis(golden)
            .bits(2, 1)
            .scaleBits(8, 0)
            .scaleRule(ScaleRule.CEIL)
            .rounding(Rounding.HALF_TOWARD_ZERO)
            .build();
    PackedTensor packed = Quantizer.of(descriptor).pack(golden.input("x"));
    float[] x = golden.floats("x");
    // The peer encodes a zero as -0.
    return GoldenResult.of("packed", nibbles(packed, i -> x[i] == 0 ? 8 : packed.code(i), 0))
        .and("scale_e8m0", packed.scaleCodes())
        .and("y", packed.unpack());
  }

  private static GoldenResult int4(GoldenCase golden) {
    Quantizer quantizer =
        Quantizer.of(lastAxis(golden).bits(4).scaleRule(ScaleRule.RECIPROCAL).build());
    PackedTensor packed = quantizer.pack(golden.input("x"));
    return GoldenResult.of("packed", nibbles(packed, i -> packed.code(i) + 8, 4))
        .and("scale", flat(quantizer.codes(golden.input("x")).scale()))
        .and("y", packed.unpack());
  }

  private static GoldenResult nf4(GoldenCase golden) {
    Tolerance mean = Tolerance.relative(1e-5);
    QuantDescriptor descriptor =
        lastAxis(golden)
            .format(Format.NF4)
            .scaleBits(golden.intParam("scale_bits"))
            .scaleBlockSizes(BlockSize.axis(-1, golden.intParam("scale_block_size")))
            .build();
    Quantizer quantizer = Quantizer.of(descriptor);
    PackedTensor packed = quantizer.pack(golden.input("x"));
    Codes codes = quantizer.codes(golden.input("x"));
    return GoldenResult.of("packed", nibbles(packed, packed::code, 4))
        .and("scales", flat(quantizer.amax(golden.input("x"))))
        .and("scale_int8", packed.scaleCodes())
        .and("double_scale", packed.secondScales(), mean)
        .and("scale_zero", packed.scaleOffset(), Tolerance.relative(1e-6))
        .and("scale_dequant", flat(codes.scale()), mean)
        .and("y", quantizer.quantize(golden.input("x")), mean);
  }

  private static GoldenResult mx(GoldenCase golden) {
    QuantDescriptor descriptor =
        QuantDescriptor.builder()
            .bits(bits(golden.stringParam("format")))
            .blockSizes(BlockSize.axis(golden.intParam("axis"), golden.intParam("block_size")))
            .scaleBits(golden.intParam("scale_bits"), 0)
            .scaleRule(golden.flag("flush_fp32_subnorms") ? ScaleRule.FLUSH : ScaleRule.FLOOR)
            .rounding(rounding(golden.stringParam("round")))
            .build();
    return GoldenResult.of("y", Quantizer.of(descriptor).quantize(golden.input("x")));
  }

  /** {@code int8} is 8 bits, {@code fp6_e3m2} exponent and mantissa bits. */
  private static int[] bits(String format) {
    return Pattern.compile("[a-z](\\d)")
        .matcher(format.replaceFirst("^fp\\d_", ""))
        .results()
        .mapToInt(number -> Integer.parseInt(number.group(1)))
        .toArray();
  }

  private static Rounding rounding(String name) {
    return switch (name) {
      case "even" -> Rounding.HALF_EVEN;
      case "nearest" -> Rounding.HALF_AWAY;
      default -> Rounding.TOWARD_ZERO;
    };
  }

  private static QuantDescriptor.Builder lastAxis(GoldenCase golden) {
    return QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, golden.intParam("block_size")));
  }

  private static float[] flat(INDArray array) {
    return array.dup('c').data().asFloat();
  }

  /** With zeros behind the last axis up to whole blocks, as the peer packs it. */
  private static INDArray padded(INDArray x, int block) {
    long[] shape = x.shape().clone();
    int last = shape.length - 1;
    long missing = (block - shape[last] % block) % block;
    shape[last] = missing;
    return missing == 0
        ? x
        : Nd4j.concat(last, List.of(x, Nd4j.zeros(shape)).toArray(INDArray[]::new));
  }

  /** Two codes a byte, the even one shifted by so many bits. */
  private static byte[] nibbles(PackedTensor packed, IntUnaryOperator code, int evenShift) {
    byte[] bytes = new byte[packed.length() / 2];
    IntStream.range(0, packed.length())
        .forEach(
            i ->
                bytes[i / 2] |=
                    (byte) ((code.applyAsInt(i) & 15) << (i % 2 == 0 ? evenShift : 4 - evenShift)));
    return bytes;
  }
}
