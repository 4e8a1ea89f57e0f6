package dev.bitfold.examples.digits;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The experiment on half of the digits. */
class ExperimentTest {
  private static Digits calibration;
  private static Digits test;
  private static LeNet net;

  @BeforeAll
  static void train() throws IOException {
    Digits digits = Digits.load().shuffled(1);
    assertEquals(10_000, digits.size());
    calibration = digits.range(0, 128);
    test = digits.range(8000, 10_000);
    net = Training.train(digits.range(0, 3000), 3, 1);
  }

  @Test
  void theNetworkLearnsDigits() {
    assertTrue(net.accuracy(test) > 0.8, "accuracy " + net.accuracy(test));
    assertTrue(LeNet.random(1).accuracy(test) < 0.4, "a random network knows nothing");
  }

  @Test
  void outliersLeaveTheFunctionAsItIs() {
    INDArray expected = net.forward(test.images());
    INDArray actual = Outliers.in(net, calibration, 40).forward(test.images());
    assertTrue(expected.distance2(actual) < 1e-5 * expected.norm2Number().doubleValue());
  }

  @Test
  void smoothQuantBringsANetworkWithOutliersBack() {
    Experiment.Row row =
        Experiment.run("outliers", Outliers.in(net, calibration, 40), calibration, test);
    Main.check(row);
    assertTrue(row.w4a8() < row.fp32() - 0.1, row.toString());
    assertTrue(row.w4a8Smooth() > row.fp32() - 0.03, row.toString());
    assertTrue(row.alphas().keySet().contains("convolutions.1"), row.toString());
  }

  @Test
  void theCheckWouldTell() {
    assertThrows(IllegalStateException.class, () -> Main.check(row(0.96, 0.90, 0.96)));
    assertThrows(IllegalStateException.class, () -> Main.check(row(0.96, 0.80, 0.95)));
    Main.check(row(0.96, 0.80, 0.958));
  }

  private static Experiment.Row row(double fp32, double w8a8, double smooth) {
    return new Experiment.Row("", fp32, w8a8, smooth, 0, 0, Map.of());
  }

  @Test
  void shufflingKeepsImagesWithTheirLabels() throws IOException {
    Digits digits = Digits.load().range(0, 50);
    Digits shuffled = digits.shuffled(3);
    assertEquals(50, shuffled.size());
    assertTrue(!Arrays.equals(digits.labels(), shuffled.labels()));
    assertArrayEquals(keys(digits), keys(shuffled));
  }

  /** Each digit's label and pixels, sorted. */
  private static String[] keys(Digits digits) {
    String[] keys = new String[digits.size()];
    for (int i = 0; i < keys.length; i++) {
      float[] pixels = digits.images().slice(i).dup('c').data().asFloat();
      keys[i] = digits.labels()[i] + Arrays.toString(pixels);
    }
    Arrays.sort(keys);
    return keys;
  }

  @Test
  void brokenDataIsRefused() throws IOException {
    assertEquals(
        "the digits hold 3 bytes: no whole number of records of 785",
        assertThrows(IOException.class, () -> Digits.read(gzip(new byte[3]))).getMessage());
    byte[] wrong = new byte[785];
    wrong[0] = 12;
    assertEquals(
        "digit 0 has the label 12",
        assertThrows(IOException.class, () -> Digits.read(gzip(wrong))).getMessage());
    wrong[0] = 7;
    wrong[1] = (byte) 255;
    Digits one = Digits.read(gzip(wrong));
    assertArrayEquals(new int[] {7}, one.labels());
    assertEquals(1f, one.images().getFloat(0, 0, 0, 0));
  }

  private static ByteArrayInputStream gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return new ByteArrayInputStream(out.toByteArray());
  }
}
