package dev.bitfold.onnx.model.budget;

import dev.bitfold.calibration.Progress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What switches of a file do to its output. */
final class Sensitivities {
  private Sensitivities() {}

  /**
   * Returns the energy of the output's error over that of the output, for each switch.
   *
   * @param listener is told how many switches were measured
   */
  static Map<String, Double> of(
      SwitchedFile file, List<Map<String, INDArray>> feeds, Progress.Listener listener) {
    List<INDArray> expected = expected(file, feeds);
    Map<String, Double> errors = new HashMap<>();
    OptionalLong all = OptionalLong.of(file.switches().size());
    for (String name : file.switches()) {
      listener.onProgress(new Progress("measuring", errors.size(), all));
      errors.put(name, error(file, feeds, expected, Set.of(name)));
    }
    return errors;
  }

  /**
   * Returns how much smaller the error of all units together is without each of them, at least 0.
   * Where most is quantized this tells what a unit costs; alone, it may cost more or less.
   */
  static Map<String, Double> within(
      SwitchedFile file,
      List<Unit> units,
      List<Map<String, INDArray>> feeds,
      Progress.Listener listener) {
    List<INDArray> expected = expected(file, feeds);
    double all = error(file, feeds, expected, file.switches());
    Map<String, Double> errors = new HashMap<>();
    OptionalLong count = OptionalLong.of(units.size());
    for (Unit unit : units) {
      listener.onProgress(new Progress("measuring together", errors.size(), count));
      Set<String> others = new HashSet<>(file.switches());
      others.remove(unit.main());
      others.remove(unit.input());
      errors.put(unit.main(), Math.max(0, all - error(file, feeds, expected, others)));
    }
    return errors;
  }

  /** Returns the same for several switches together. */
  static double of(SwitchedFile file, List<Map<String, INDArray>> feeds, Set<String> on) {
    return error(file, feeds, expected(file, feeds), on);
  }

  private static List<INDArray> expected(SwitchedFile file, List<Map<String, INDArray>> feeds) {
    return feeds.stream().map(feed -> file.run(feed, Set.of())).toList();
  }

  private static double error(
      SwitchedFile file,
      List<Map<String, INDArray>> feeds,
      List<INDArray> expected,
      Set<String> on) {
    double noise = 0;
    for (int i = 0; i < feeds.size(); i++) {
      double distance = expected.get(i).distance2(file.run(feeds.get(i), on));
      noise += distance * distance;
    }
    return noise / expected.stream().mapToDouble(Sensitivities::energy).sum();
  }

  private static double energy(INDArray x) {
    double norm = x.norm2Number().doubleValue();
    return norm * norm;
  }
}
