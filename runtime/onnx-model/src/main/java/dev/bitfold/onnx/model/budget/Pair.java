package dev.bitfold.onnx.model.budget;

import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Measures files against the float file that they were made of. To be closed. */
public final class Pair implements AutoCloseable {
  private static final int ROUNDS = 21;
  private static final int WARM = 3;

  private final Session floats;
  private final String output;
  private final int threads;
  private final List<Map<String, INDArray>> feeds;
  private final List<INDArray> expected = new ArrayList<>();

  /**
   * What a file is against the float file.
   *
   * @param error the energy of the output's difference over that of the output
   * @param cosine of both outputs, over all feeds
   * @param time the median of the file's time over the float file's
   * @param spread how far the middle half of the times' ratios is apart
   */
  public record Measured(double error, double cosine, double time, double spread) {}

  /** Runs the float file. */
  public Pair(OnnxFile floats, String output, List<Map<String, INDArray>> feeds, int threads) {
    this.output = output;
    this.threads = threads;
    this.feeds = List.copyOf(feeds);
    this.floats = Session.open(floats.model(), Settings.DEFAULT.withThreads(threads));
    feeds.forEach(feed -> expected.add(run(this.floats, feed)));
  }

  private INDArray run(Session session, Map<String, INDArray> feed) {
    List<INDArray> found = new ArrayList<>();
    session.run(
        feed,
        (name, value) -> {
          if (name.equals(output)) {
            found.add(value.array());
          }
        });
    return found.get(0);
  }

  /** Measures a file, in turns with the float file. */
  public Measured measure(OnnxFile file) {
    try (Session session = Session.open(file.model(), Settings.DEFAULT.withThreads(threads))) {
      double noise = 0;
      double signal = 0;
      double product = 0;
      double own = 0;
      for (int i = 0; i < feeds.size(); i++) {
        INDArray x = expected.get(i);
        INDArray y = run(session, feeds.get(i));
        noise += square(x.distance2(y));
        signal += square(x.norm2Number().doubleValue());
        own += square(y.norm2Number().doubleValue());
        product += x.mul(y).sumNumber().doubleValue();
      }
      double[] ratios = new double[ROUNDS];
      for (int round = -WARM; round < ROUNDS; round++) {
        Map<String, INDArray> feed = feeds.get(Math.floorMod(round, feeds.size()));
        boolean first = round % 2 == 0;
        double one = time(first ? floats : session, feed);
        double other = time(first ? session : floats, feed);
        if (round >= 0) {
          ratios[round] = first ? other / one : one / other;
        }
      }
      Arrays.sort(ratios);
      return new Measured(
          noise / signal,
          product / Math.sqrt(signal * own),
          ratios[ROUNDS / 2],
          ratios[ROUNDS * 3 / 4] - ratios[ROUNDS / 4]);
    }
  }

  private static double square(double x) {
    return x * x;
  }

  private double time(Session session, Map<String, INDArray> feed) {
    long start = System.nanoTime();
    session.run(feed, (name, value) -> {});
    return System.nanoTime() - start;
  }

  @Override
  public void close() {
    floats.close();
  }
}
