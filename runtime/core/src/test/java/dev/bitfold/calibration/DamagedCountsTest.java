package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

/** Statistics that the test writes itself, field by field: those that could be, and others. */
class DamagedCountsTest {
  private static final QuantDescriptor PERCENTILE =
      QuantDescriptor.builder().calib(Calib.PERCENTILE).percentile(100).bins(128).build();

  /** What a calibrator of one group has seen. */
  private static byte[] histogram(
      float max, int exponent, int used, long[] counts, int[] octaves, long inOctave)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = head(bytes, "histogram calibrator of 128 bins and octaves");
    out.writeFloat(max);
    out.writeInt(exponent);
    out.writeInt(used);
    for (long count : counts) {
      out.writeLong(count);
    }
    for (int octave : octaves) {
      out.writeByte(octave);
      for (int i = 0; i < 128; i++) {
        out.writeLong(i == 0 ? inOctave : 0);
      }
    }
    out.writeByte(255);
    return bytes.toByteArray();
  }

  private static DataOutputStream head(ByteArrayOutputStream bytes, String kind)
      throws IOException {
    return head(bytes, kind, 3, 0);
  }

  private static DataOutputStream head(
      ByteArrayOutputStream bytes, String kind, long elements, long nonFinite, long... shape)
      throws IOException {
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x42464301);
    out.writeUTF(kind);
    out.writeInt(shape.length);
    for (long size : shape) {
      out.writeLong(size);
    }
    out.writeLong(elements);
    out.writeLong(nonFinite);
    return out;
  }

  private static Calibrator read(QuantDescriptor descriptor, byte[] bytes) throws IOException {
    Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
    Tensors.read(calibrator, bytes);
    return calibrator;
  }

  private static void refused(byte[] bytes) {
    assertEquals(
        "damaged statistics of a histogram calibrator",
        assertThrows(IOException.class, () -> read(PERCENTILE, bytes)).getMessage());
  }

  @Test
  void aHistogramOfFieldsIsTheOneThatIsWritten() throws IOException {
    Calibrator calibrator = Calibrators.of(PERCENTILE, Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(1f, 1f, 2f));
    // 2 lies in bins of 2^-5: the one at 64 is the last of 128 that begins below it.
    long[] counts = new long[65];
    counts[32] = 2;
    counts[64] = 1;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = head(bytes, "histogram calibrator of 128 bins and octaves");
    out.writeFloat(2);
    out.writeInt(-5);
    out.writeInt(65);
    for (long count : counts) {
      out.writeLong(count);
    }
    for (int octave = 127; octave <= 128; octave++) {
      out.writeByte(octave);
      for (int i = 0; i < 128; i++) {
        out.writeLong(i > 0 ? 0 : octave == 127 ? 2 : 1);
      }
    }
    out.writeByte(255);
    assertArrayEquals(bytes.toByteArray(), Tensors.written(calibrator));
    Calibrator restored = read(PERCENTILE, bytes.toByteArray());
    assertEquals(2f, restored.amax().getFloat());
    // What is read goes on as what was written.
    restored.observe(Nd4j.createFromArray(500f, 0.001f));
    calibrator.observe(Nd4j.createFromArray(500f, 0.001f));
    assertArrayEquals(Tensors.written(calibrator), Tensors.written(restored));
  }

  @Test
  void fieldsThatCannotBeAreRefused() throws IOException {
    long[] two = {0, 3};
    int[] one = {127};
    read(PERCENTILE, histogram(1, -6, 2, two, one, 3));
    read(PERCENTILE, histogram(0, -126, 0, new long[0], new int[0], 0));
    read(PERCENTILE, histogram(1, 128, 2, two, one, 3));
    read(PERCENTILE, histogram(1, -6, 128, new long[128], one, 3));
    refused(histogram(-1, -6, 2, two, one, 3));
    refused(histogram(Float.NaN, -6, 2, two, one, 3));
    refused(histogram(Float.POSITIVE_INFINITY, 127, 2, two, one, 3));
    refused(histogram(1, -7, 2, two, one, 3));
    refused(histogram(0, -127, 2, two, one, 3));
    refused(histogram(1, 129, 2, two, one, 3));
    refused(histogram(1, -6, -1, new long[0], one, 3));
    refused(histogram(1, -6, 129, new long[129], one, 3));
    refused(histogram(1, -6, 2, new long[] {0, -1}, one, 3));
    refused(histogram(1, -6, 2, two, one, -3));
    refused(histogram(1, -6, 2, two, new int[] {127, 127}, 3));
    refused(histogram(1, -6, 2, two, new int[] {127, 126}, 3));
    read(PERCENTILE, histogram(1, -6, 2, two, new int[] {0, 126, 127, 254}, 3));
    byte[] good = histogram(1, -6, 2, two, one, 3);
    for (int length = 0; length < good.length; length += 13) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThrows(IOException.class, () -> read(PERCENTILE, cut), "" + length);
    }
  }

  private static byte[] ends(String kind, double... values) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = head(bytes, kind);
    for (double value : values) {
      out.writeDouble(value);
    }
    return bytes.toByteArray();
  }

  @Test
  void endsAndAveragesThatCannotBeAreRefused() throws IOException {
    QuantDescriptor range = QuantDescriptor.builder().affine(true).build();
    double most = Float.MAX_VALUE;
    RangeCalibrator whole = (RangeCalibrator) read(range, ends("min-max calibrator", -most, most));
    assertEquals(-Float.MAX_VALUE, whole.min().getFloat());
    read(range, ends("min-max calibrator", 2, 2));
    for (double[] bad :
        new double[][] {{2, 1}, {-2 * most, 0}, {0, 2 * most}, {Double.NaN, 0}, {0, Double.NaN}}) {
      assertEquals(
          "damaged statistics of a min-max calibrator",
          assertThrows(IOException.class, () -> read(range, ends("min-max calibrator", bad)))
              .getMessage());
    }
    QuantDescriptor average = QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).build();
    String kind = "moving average calibrator of weight 0.1";
    assertEquals(0, read(average, ends(kind, 0)).amax().getFloat());
    assertEquals(Float.MAX_VALUE, read(average, ends(kind, most)).amax().getFloat());
    for (double bad : new double[] {-1e-9, 2 * most, Double.NaN}) {
      assertEquals(
          "damaged statistics of a moving average calibrator",
          assertThrows(IOException.class, () -> read(average, ends(kind, bad))).getMessage());
    }
    assertEquals(
        "the statistics of a min-max calibrator, not of a " + kind,
        assertThrows(IOException.class, () -> read(average, ends("min-max calibrator", 0)))
            .getMessage());
  }

  @Test
  void movingRangesFollowTheBatches() {
    QuantDescriptor moving =
        QuantDescriptor.builder().affine(true).calib(Calib.MOVING_AVERAGE).build();
    RangeCalibrator calibrator = (RangeCalibrator) Calibrators.of(moving, Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(-1f, 4f));
    calibrator.observe(Nd4j.createFromArray(-3f, 2f));
    assertEquals((float) (-1 + 0.1 * (-3 + 1)), calibrator.min().getFloat());
    assertEquals((float) (4 + 0.1 * (2 - 4)), calibrator.max().getFloat());
    assertEquals((float) (4 + 0.1 * (2 - 4)), calibrator.amax().getFloat());
    assertEquals(
        "a min-max calibrator of weight 0.1 depends on the order of the batches and cannot be"
            + " merged",
        assertThrows(UnsupportedOperationException.class, () -> calibrator.merge(calibrator))
            .getMessage());
  }

  private static void max(boolean fits, long elements, long nonFinite, long... shape)
      throws IOException {
    QuantDescriptor perColumn = QuantDescriptor.builder().axis(1).build();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = head(bytes, "max calibrator", elements, nonFinite, shape);
    out.writeFloat(1);
    out.writeFloat(0);
    if (fits) {
      assertEquals(elements, read(perColumn, bytes.toByteArray()).elements());
    } else {
      String message =
          String.valueOf(
              assertThrows(IOException.class, () -> read(perColumn, bytes.toByteArray()))
                  .getMessage());
      assertTrue(message.startsWith("damaged statistics of a "), message);
    }
  }

  @Test
  void countsAndShapesThatCannotBeAreRefused() throws IOException {
    max(true, 2, 0, 1, 2);
    max(true, 1, 1, 1, 2);
    max(true, 0, 2, 2, 1);
    max(false, 1, 0, 1, 2);
    max(false, 3, -1, 1, 2);
    max(false, -1, 9, 1, 2);
    max(false, 9, 0, 1, 0);
    max(false, 1L << 40, 0, 1 << 16, 1 << 15);
    long[] axes = new long[33];
    Arrays.fill(axes, 1);
    axes[0] = 2;
    max(true, 2, 0, Arrays.copyOf(axes, 32));
    max(false, 2, 0, axes);
  }

  @Test
  void anAverageIsWrittenAsItIs() throws IOException {
    QuantDescriptor average = QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).build();
    byte[] written = ends("moving average calibrator of weight 0.1", 1.25);
    assertArrayEquals(written, Tensors.written(read(average, written)));
  }

  /** Each channel's ends, beside values that are left out. */
  @Test
  void endsOfChannelsKnowNoZerosForWhatIsLeftOut() {
    QuantDescriptor descriptor =
        QuantDescriptor.builder()
            .affine(true)
            .calib(Calib.PERCENTILE)
            .percentile(50)
            .bins(128)
            .axis(0)
            .build();
    RangeCalibrator counting =
        (RangeCalibrator) Calibrators.of(descriptor, Layout.UNKNOWN, NonFinite.COUNT);
    RangeCalibrator plain = (RangeCalibrator) Calibrators.of(descriptor, Layout.UNKNOWN);
    float nan = Float.NaN;
    counting.observe(
        Nd4j.createFromArray(
            new float[][] {
              {1, 2, 3, 4, nan, nan, nan, nan}, {nan, -8, -9, -10, -11, nan, nan, nan}
            }));
    plain.observe(Nd4j.createFromArray(new float[][] {{1, 2, 3, 4}, {-8, -9, -10, -11}}));
    assertEquals(plain.min(), counting.min());
    assertEquals(plain.max(), counting.max());
    assertEquals(8, counting.nonFinite());
  }

  @Test
  void asManyLevelsAsBinsNeedNoSearch() {
    HistogramCalibrator calibrator =
        (HistogramCalibrator)
            Calibrators.of(
                QuantDescriptor.builder().calib(Calib.ENTROPY).bins(128).build(), Layout.UNKNOWN);
    calibrator.observe(Nd4j.createFromArray(0.5f, -1.9f, 1f));
    assertEquals(1.9f, calibrator.amax().getFloat());
  }
}
