package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that damaged statistics cause the documented exception, or are statistics that could have
 * been written.
 */
@Tag("slow")
@Tag("any-jdk")
class DamagedStatisticsTest {
  static Stream<QuantDescriptor> descriptors() {
    return Stream.of(
        QuantDescriptor.bits(8),
        QuantDescriptor.builder().axis(1).build(),
        QuantDescriptor.builder().calib(Calib.PERCENTILE).bins(128).axis(1).build(),
        QuantDescriptor.builder().calib(Calib.ENTROPY).bins(128).build(),
        QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).axis(1).build(),
        QuantDescriptor.builder().affine(true).axis(1).build(),
        QuantDescriptor.builder().affine(true).calib(Calib.MOVING_AVERAGE).build(),
        QuantDescriptor.builder().affine(true).calib(Calib.PERCENTILE).bins(128).build());
  }

  private static Calibrator empty(QuantDescriptor descriptor) {
    return Calibrators.of(descriptor, Layout.UNKNOWN);
  }

  private static byte[] written(QuantDescriptor descriptor) {
    Calibrator calibrator = empty(descriptor);
    Tensors.batches(7, 2, 3, 5).forEach(calibrator::observe);
    return Tensors.written(calibrator);
  }

  /** Reads; what is read must be statistics. */
  private static void read(QuantDescriptor descriptor, byte[] bytes, String what) {
    Calibrator calibrator = empty(descriptor);
    try {
      Tensors.read(calibrator, bytes);
    } catch (IOException expected) {
      return;
    }
    assertTrue(calibrator.elements() >= 0, what);
    assertTrue(calibrator.nonFinite() >= 0, what);
    if (calibrator.elements() > 0) {
      for (float amax : calibrator.amax().dup('c').data().asFloat()) {
        assertTrue(amax >= 0 && Float.isFinite(amax), what + ": an amax of " + amax);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("descriptors")
  void anyBitMayBeTurned(QuantDescriptor descriptor) {
    byte[] bytes = written(descriptor);
    // The head bit by bit, of thousands of counts some.
    for (int i = 0; i < bytes.length; i += i < 200 ? 1 : 1 + bytes.length / 300) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = bytes.clone();
        damaged[i] ^= (byte) (1 << bit);
        read(descriptor, damaged, descriptor + ", byte " + i + ", bit " + bit);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("descriptors")
  void everyLengthThatIsTooShortIsRefused(QuantDescriptor descriptor) {
    byte[] bytes = written(descriptor);
    for (int length = 0; length < bytes.length; length += 1 + bytes.length / 1000) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(IOException.class, () -> Tensors.read(empty(descriptor), cut), "" + length);
    }
  }

  /** The head of what a calibrator of one scale per column writes, then numbers. */
  private static byte[] head(int rank, long[] shape, long elements, long nonFinite, float... amax) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(0x42464301);
      out.writeUTF("max calibrator");
      out.writeInt(rank);
      for (long size : shape) {
        out.writeLong(size);
      }
      out.writeLong(elements);
      out.writeLong(nonFinite);
      for (float value : amax) {
        out.writeFloat(value);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Test
  void sizesAndCountsThatCannotBeAreRefused() throws IOException {
    QuantDescriptor descriptor = QuantDescriptor.builder().axis(1).build();
    Calibrator whole = empty(descriptor);
    Tensors.read(whole, head(2, new long[] {1, 2}, 30, 0, 1, 2));
    assertEquals(30, whole.elements());
    for (byte[] damaged :
        List.of(
            head(-2, new long[] {}, 30, 0),
            head(1 << 30, new long[] {1, 2}, 30, 0),
            head(2, new long[] {1, -2}, 30, 0),
            head(2, new long[] {1, 0}, 30, 0),
            head(2, new long[] {1L << 33, 1L << 33}, 30, 0),
            head(2, new long[] {1, 1L << 30}, 30, 0, 1, 2),
            head(2, new long[] {1, 2}, -1, 0, 1, 2),
            head(2, new long[] {1, 2}, 30, -4, 1, 2),
            head(2, new long[] {1, 2}, 30, 0, 1, Float.NaN),
            head(2, new long[] {1, 2}, 30, 0, 1, -2),
            head(2, new long[] {1, 2}, 30, 0, 1, Float.POSITIVE_INFINITY))) {
      IOException e =
          assertThrows(IOException.class, () -> Tensors.read(empty(descriptor), damaged));
      assertTrue(String.valueOf(e.getMessage()).contains("damaged statistics"), e.toString());
    }
  }
}
