package dev.bitfold.quantizer.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import java.util.Arrays;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FloatCodecTest {
  static Stream<FloatFormat> formats() {
    return Stream.iterate(0, e -> e + 1)
        .limit(8)
        .flatMap(e -> Stream.iterate(0, m -> m + 1).limit(8 - e).map(m -> new FloatFormat(e, m)))
        .filter(format -> format.exponent() + format.mantissa() > 0);
  }

  @Provide
  Arbitrary<FloatFormat> anyFormat() {
    return Arbitraries.of(formats().toList());
  }

  @ParameterizedTest
  @MethodSource("formats")
  void everyCodeComesBack(FloatFormat format) {
    FloatCodec codec = FloatCodec.of(format);
    float[] values = codec.values();
    assertEquals(1 << format.bits(), values.length);
    for (int code = 0; code < values.length; code++) {
      if (Float.isFinite(values[code])) {
        assertEquals(code, codec.encode(values[code]), format + " " + values[code]);
        assertEquals(values[code], codec.round(values[code]));
      }
    }
    assertThrows(IllegalArgumentException.class, () -> codec.decode(values.length));
  }

  @Property(tries = 5000)
  void noNumberOfTheFormatIsNearer(@ForAll("anyFormat") FloatFormat format, @ForAll float x) {
    FloatCodec codec = FloatCodec.of(format);
    double rounded = codec.round(x);
    double nearest =
        Arrays.stream(codec.encode(x) >= 0 ? values(codec) : new double[0])
            .map(v -> Math.abs(v - x))
            .min()
            .orElseThrow();
    assertEquals(nearest, Math.abs(rounded - x));
    assertEquals(Math.signum(x) < 0, rounded < 0 || 1 / rounded < 0);
  }

  private static double[] values(FloatCodec codec) {
    float[] values = codec.values();
    double[] finite = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      finite[i] = Float.isFinite(values[i]) ? values[i] : 0;
    }
    return finite;
  }

  @Test
  void theLargestNumbersAreThoseOfTheSpecifications() {
    assertEquals(448f, new FloatFormat(4, 3).max());
    assertEquals(57344f, new FloatFormat(5, 2).max());
    assertEquals(28f, new FloatFormat(3, 2).max());
    assertEquals(7.5f, new FloatFormat(2, 3).max());
    assertEquals(6f, new FloatFormat(2, 1).max());
    assertEquals(7f, new FloatFormat(0, 3).max());
    assertEquals(16f, new FloatFormat(3, 0).max());
  }

  @Test
  void whatIsBeyondTheLargest() {
    FloatCodec e4m3 = FloatCodec.of(new FloatFormat(4, 3));
    FloatCodec e5m2 = FloatCodec.of(new FloatFormat(5, 2));
    FloatCodec e2m1 = FloatCodec.of(new FloatFormat(2, 1));
    assertEquals(448f, e4m3.round(464f, Overflow.NON_FINITE));
    assertTrue(Float.isNaN(e4m3.round(464.1f, Overflow.NON_FINITE)));
    assertEquals(Float.NEGATIVE_INFINITY, e5m2.round(-61440f, Overflow.NON_FINITE));
    assertEquals(6f, e2m1.round(Float.POSITIVE_INFINITY, Overflow.NON_FINITE));
    assertEquals(448f, e4m3.round(Float.POSITIVE_INFINITY));
    assertEquals(
        Float.POSITIVE_INFINITY, e2m1.round(Float.POSITIVE_INFINITY, Overflow.SATURATE_FINITE));
    assertEquals(6f, e2m1.decode(e2m1.encode(Float.NaN)));
    assertTrue(Float.isNaN(e4m3.decode(e4m3.encode(Float.NaN))));
  }
}
