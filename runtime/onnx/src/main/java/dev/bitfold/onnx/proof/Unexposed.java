package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import onnx.Onnx.ModelProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares the file as it is with the same file that shows its codes, which ONNX Runtime might
 * optimize in another way.
 */
final class Unexposed {
  private static final double MARGIN = 4;
  private static final double ROUNDING = 0x1p-20;

  /** Compares two values of one output. */
  @FunctionalInterface
  interface Comparison {
    Bound.Difference of(String output, HostValue expected, HostValue actual);
  }

  /**
   * Describes a difference.
   *
   * @param cut the first cut at which it matters whether codes are shown
   */
  record Found(Cut cut, Bound.Difference difference) {}

  private final OnnxFile exported;
  private final Settings settings;
  private final Map<Cut, Exposure> exposures;
  private final Comparison comparison;

  Unexposed(
      OnnxFile exported, Settings settings, Map<Cut, Exposure> exposures, Comparison comparison) {
    this.exported = exported;
    this.settings = settings;
    this.exposures = exposures;
    this.comparison = comparison;
  }

  /**
   * Compares the outputs.
   *
   * @param shown the outputs of the file that shows its codes
   * @param plain the outputs of the file as it is
   */
  Optional<Found> compare(
      Session exposed,
      Map<String, INDArray> feed,
      Map<String, HostValue> shown,
      Map<String, HostValue> plain) {
    Bound.Difference difference = difference(shown, plain);
    if (!difference.exceeds() || moves(exposed, feed, shown, plain)) {
      return Optional.empty();
    }
    List<Cut> some = new ArrayList<>();
    for (Cut cut : exposures.keySet()) {
      some.add(cut);
      try (Session session = Session.open(model(some), settings)) {
        if (difference(HostValue.run(session, feed), plain).exceeds()) {
          return Optional.of(new Found(cut, difference));
        }
      }
    }
    return Optional.of(new Found(some.get(some.size() - 1), difference));
  }

  private Bound.Difference difference(
      Map<String, HostValue> expected, Map<String, HostValue> actual) {
    for (Map.Entry<String, HostValue> output : actual.entrySet()) {
      HostValue value = expected.get(output.getKey());
      if (value != null) {
        Bound.Difference found = comparison.of(output.getKey(), value, output.getValue());
        if (found.exceeds()) {
          return found;
        }
      }
    }
    return Bound.Difference.NONE;
  }

  /**
   * Returns whether the outputs vary as much if the feeds vary by a rounding, or if sums are
   * computed in another order, without the optimizer. A single code that goes the other way can
   * cause this.
   */
  private boolean moves(
      Session exposed,
      Map<String, INDArray> feed,
      Map<String, HostValue> shown,
      Map<String, HostValue> plain) {
    Random random = new Random(11);
    Map<String, INDArray> moved = new HashMap<>();
    feed.forEach((name, x) -> moved.put(name, moved(x, random)));
    if (asFar(shown, plain, HostValue.run(exposed, moved))) {
      return true;
    }
    try (Session unoptimized =
        Session.open(exported.model(), settings.with(Settings.Optimizer.OFF))) {
      return asFar(shown, plain, HostValue.run(unoptimized, feed));
    }
  }

  private static boolean asFar(
      Map<String, HostValue> shown, Map<String, HostValue> plain, Map<String, HostValue> moved) {
    boolean all = true;
    for (String output : plain.keySet()) {
      if (shown.get(output) instanceof HostValue.Floats a
          && plain.get(output) instanceof HostValue.Floats b
          && moved.get(output) instanceof HostValue.Floats c) {
        all &= a.array().distance2(b.array()) <= MARGIN * a.array().distance2(c.array());
      }
    }
    return all;
  }

  static INDArray moved(INDArray x, Random random) {
    if (!x.dataType().isFPType()) {
      return x;
    }
    float[] values = Bound.floats(x.castTo(DataType.FLOAT));
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) (1 + ROUNDING * (2 * random.nextDouble() - 1));
    }
    return dev.bitfold.tensor.DenseFloats.array(values, x.shape());
  }

  private ModelProto model(List<Cut> some) {
    Graph graph = new Graph(exported);
    some.stream()
        .map(exposures::get)
        .filter(java.util.Objects::nonNull)
        .flatMap(exposure -> exposure.values().stream())
        .filter(value -> !graph.isFed(value))
        .forEach(graph::addOutput);
    return exported.model().toBuilder().setGraph(graph.toProto()).build();
  }
}
