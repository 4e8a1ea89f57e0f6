package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.session.Session;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Measures how far the values of a model legitimately vary, by running the reference with numbers
 * changed as ONNX Runtime may change them. Each float input is changed by up to 2^-20 of itself,
 * which represents sums in another order. Each layer's output is changed by half of the unit in
 * which a bias is rounded to 32-bit integers. It is used only if the fixed bound is exceeded: a
 * graph that subtracts nearly equal numbers, compares or sorts legitimately varies by more.
 */
final class Envelope {
  private static final int RUNS = 8;
  private static final double ROUNDING = 0x1p-20;

  /** The largest of eight random changes is taken as a fourth of what may happen. */
  private static final float MARGIN = 4;

  private final List<Map<String, HostValue>> runs = new ArrayList<>();

  private Envelope() {}

  /**
   * Runs the reference.
   *
   * @param feed the inputs, whose floats are changed
   */
  static Envelope of(Reference reference, Session session, Map<String, INDArray> feed) {
    Random random = new Random(7);
    Envelope envelope = new Envelope();
    for (int run = 0; run < RUNS; run++) {
      Map<String, INDArray> moved = new HashMap<>();
      feed.forEach((name, x) -> moved.put(name, moved(x, random)));
      reference
          .units()
          .forEach((noise, units) -> moved.put(noise, noise(reference, noise, units, random)));
      Map<String, HostValue> outputs = new HashMap<>(HostValue.run(session, moved));
      moved.forEach((name, x) -> outputs.putIfAbsent(name, new HostValue.Floats(x)));
      envelope.runs.add(outputs);
    }
    return envelope;
  }

  private static INDArray moved(INDArray x, Random random) {
    if (!x.dataType().isFPType() || x.length() == 0) {
      return x;
    }
    float[] values = DenseFloats.of(x.castTo(DataType.FLOAT), "a feed").copy();
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) (1 + ROUNDING * (2 * random.nextDouble() - 1));
    }
    return DenseFloats.array(values, x.shape());
  }

  private static INDArray noise(Reference reference, String name, float[] units, Random random) {
    float[] values = new float[units.length];
    for (int o = 0; o < values.length; o++) {
      values[o] = (random.nextFloat() - 0.5f) * units[o];
    }
    return DenseFloats.array(values, reference.shapeOf(name));
  }

  /** Returns how far each element of a float value may vary. */
  float[] spread(String value, INDArray exact, java.util.function.UnaryOperator<INDArray> scaled) {
    float[] e = Bound.floats(scaled.apply(exact));
    float[] spread = new float[e.length];
    for (Map<String, HostValue> run : runs) {
      if (run.get(value) instanceof HostValue.Floats moved
          && Arrays.equals(moved.array().shape(), exact.shape())) {
        float[] m = Bound.floats(scaled.apply(moved.array()));
        for (int i = 0; i < e.length; i++) {
          float by = MARGIN * Math.abs(m[i] - e[i]);
          spread[i] = by > spread[i] ? by : spread[i];
        }
      }
    }
    return spread;
  }

  /** Returns the integers that a value may have. */
  List<long[]> integers(String value, HostValue.Integers exact) {
    List<long[]> all = new ArrayList<>();
    for (Map<String, HostValue> run : runs) {
      if (run.get(value) instanceof HostValue.Integers moved
          && Arrays.equals(moved.shape(), exact.shape())) {
        all.add(moved.values());
      }
    }
    return all;
  }
}
