package dev.bitfold.examples.embeddings.deploy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times one batch through several files in ONNX Runtime, in turns, so that whatever else the
 * machine does meets all of them.
 *
 * @param files the bytes of each file by its name; the first is what the others are compared with
 */
public record RuntimeBenchmark(Map<String, byte[]> files) {
  /**
   * What one file took.
   *
   * @param milliseconds the median
   * @param ratio the median, over the rounds, of its time over the first file's in that round
   */
  public record Time(double milliseconds, double ratio) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.2f ms, ratio %.3f", milliseconds, ratio);
    }
  }

  /**
   * Runs all files.
   *
   * @param sentences tokens of each; the shorter ones are padded
   */
  public Map<String, Time> run(List<int[]> sentences, int threads, int warmUp, int rounds)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OrtSession> sessions = new LinkedHashMap<>();
    Map<String, OnnxTensor> inputs = inputs(environment, sentences);
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        sessions.put(file.getKey(), environment.createSession(file.getValue(), options));
      }
      double[][] times = times(List.copyOf(sessions.values()), inputs, warmUp, rounds);
      Map<String, Time> medians = new LinkedHashMap<>();
      int index = 0;
      for (String name : sessions.keySet()) {
        double[] own = times[index++];
        double[] ratios = new double[rounds];
        Arrays.setAll(ratios, i -> own[i] / times[0][i]);
        medians.put(name, new Time(median(own), median(ratios)));
      }
      return medians;
    } finally {
      for (OrtSession session : sessions.values()) {
        session.close();
      }
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static double[][] times(
      List<OrtSession> sessions, Map<String, OnnxTensor> inputs, int warmUp, int rounds)
      throws OrtException {
    double[][] times = new double[sessions.size()][rounds];
    for (int round = -warmUp; round < rounds; round++) {
      for (int turn = 0; turn < times.length; turn++) {
        // Who goes first changes from round to round.
        int at = Math.floorMod(turn + round, times.length);
        long start = System.nanoTime();
        Map<String, OnnxTensor> own = new HashMap<>(inputs);
        own.keySet().retainAll(sessions.get(at).getInputNames());
        sessions.get(at).run(own).close();
        if (round >= 0) {
          times[at][round] = (System.nanoTime() - start) / 1e6;
        }
      }
    }
    return times;
  }

  private static double median(double[] times) {
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static Map<String, OnnxTensor> inputs(OrtEnvironment environment, List<int[]> sentences)
      throws OrtException {
    int longest = sentences.stream().mapToInt(tokens -> tokens.length).max().orElseThrow();
    long[] shape = {sentences.size(), longest};
    long[] ids = new long[sentences.size() * longest];
    long[] mask = new long[ids.length];
    for (int i = 0; i < sentences.size(); i++) {
      int[] tokens = sentences.get(i);
      for (int t = 0; t < tokens.length; t++) {
        ids[i * longest + t] = tokens[t];
        mask[i * longest + t] = 1;
      }
    }
    Map<String, OnnxTensor> inputs = new HashMap<>();
    inputs.put("input_ids", OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape));
    inputs.put(
        "attention_mask", OnnxTensor.createTensor(environment, LongBuffer.wrap(mask), shape));
    inputs.put(
        "token_type_ids",
        OnnxTensor.createTensor(environment, LongBuffer.wrap(new long[ids.length]), shape));
    return inputs;
  }
}
