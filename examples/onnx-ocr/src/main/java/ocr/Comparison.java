package ocr;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a float file and its int8 file yield.
 *
 * @param floats the outputs of the float file, one for each input
 * @param int8 those of the int8 file
 * @param bytes of the int8 file over those of the float file
 * @param time the median of the int8 file's time over the float file's, of rounds in turns
 */
record Comparison(List<float[]> floats, List<float[]> int8, double bytes, double time) {
  private static final int ROUNDS = 21;

  static Comparison of(Path before, Path after, List<INDArray> inputs)
      throws IOException, OrtException {
    List<float[]> floats = new ArrayList<>();
    List<float[]> int8 = new ArrayList<>();
    try (Net a = new Net(before);
        Net b = new Net(after)) {
      for (INDArray x : inputs) {
        floats.add(a.run(x));
        int8.add(b.run(x));
      }
      return new Comparison(
          floats, int8, (double) Files.size(after) / Files.size(before), time(a, b, inputs));
    }
  }

  private static double time(Net a, Net b, List<INDArray> inputs) throws OrtException {
    double[] ratios = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      INDArray x = inputs.get(round % inputs.size());
      boolean first = round % 2 == 0;
      long one = time(first ? a : b, x);
      long other = time(first ? b : a, x);
      ratios[round] = first ? (double) other / one : (double) one / other;
    }
    Arrays.sort(ratios);
    return ratios[ROUNDS / 2];
  }

  private static long time(Net net, INDArray x) throws OrtException {
    long start = System.nanoTime();
    net.run(x);
    return System.nanoTime() - start;
  }

  /** Returns the signal to noise of all outputs together, in dB. */
  double decibels() {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < floats.size(); i++) {
      for (int j = 0; j < floats.get(i).length; j++) {
        double x = floats.get(i)[j];
        double difference = int8.get(i)[j] - x;
        signal += x * x;
        noise += difference * difference;
      }
    }
    return 10 * Math.log10(signal / noise);
  }

  /** Returns how much the places above a threshold overlap: intersection over union. */
  double overlap(float threshold) {
    long both = 0;
    long any = 0;
    for (int i = 0; i < floats.size(); i++) {
      for (int j = 0; j < floats.get(i).length; j++) {
        boolean x = floats.get(i)[j] > threshold;
        boolean y = int8.get(i)[j] > threshold;
        both += x && y ? 1 : 0;
        any += x || y ? 1 : 0;
      }
    }
    return (double) both / any;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%.1f dB, %.3f of the bytes, %.2f of the time", decibels(), bytes, time);
  }
}
