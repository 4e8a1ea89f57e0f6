package dev.bitfold.onnx.model.budget;

import dev.bitfold.calibration.Progress;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.model.cut.CutGraph;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What was measured of a graph, and the choices that follow from it. For one thread. */
public final class BudgetModel implements AutoCloseable {
  private static final int RUNS = 9;

  private final Problem problem;
  private final Solver alone;
  private final Solver together;
  private final SwitchedFile file;

  /**
   * Takes two problems that differ in their errors.
   *
   * @param alone with what each unit costs alone, which is right where little is quantized
   * @param together with what each costs besides all others, which is right where most is
   */
  private BudgetModel(Problem alone, Problem together, SwitchedFile file) {
    this.problem = alone;
    this.alone = new Solver(alone);
    this.together = new Solver(together);
    this.file = file;
  }

  /**
   * A choice.
   *
   * @param floats the paths of what stays float, for {@code skip}
   * @param time predicted, over that of the float file
   * @param error predicted as a sum: the energy of the output's error over that of the output
   * @param bytes predicted
   */
  public record Choice(Set<String> floats, double time, double error, long bytes) {}

  /**
   * Measures each quantizer and each node of a file.
   *
   * @param quantized the file in which everything is quantized
   * @param floats the file that it was made of
   * @param feeds for the errors; the first also for the times
   */
  public static BudgetModel measure(
      OnnxFile quantized,
      OnnxFile floats,
      CutGraph cut,
      String output,
      List<Map<String, INDArray>> feeds,
      int threads,
      Progress.Listener listener)
      throws IOException {
    Graph graph = new Graph(floats);
    List<Unit> units = Units.of(graph, cut);
    Times times = Times.measure(floats, quantized, feeds.get(0), threads, RUNS);
    SwitchedFile file = SwitchedFile.of(quantized, floats, units, output, threads);
    try {
      Map<String, Double> alone = Sensitivities.of(file, feeds, listener);
      Map<String, Double> together = Sensitivities.within(file, units, feeds, listener);
      long bytes = floats.model().getSerializedSize();
      Map<String, String> outputs = new HashMap<>();
      cut.layers().values().forEach(layer -> outputs.putAll(layer.found().outputs()));
      return new BudgetModel(
          ProblemBuilder.of(graph, units, outputs, times, alone, bytes),
          ProblemBuilder.of(graph, units, outputs, times, together, bytes),
          file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Returns the choice in which everything is quantized. */
  public Choice all() {
    BitSet all = new BitSet();
    all.set(0, problem.units().size());
    return choice(all);
  }

  /** Returns the choice that takes the least time. */
  public Choice fastest() {
    return alone
        .leastTime(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY)
        .map(this::choice)
        .orElseGet(this::all);
  }

  /** Measures what a choice does to the output, over that of the output. */
  public double error(Choice choice, List<Map<String, INDArray>> feeds) {
    Set<String> on = new HashSet<>();
    for (Unit unit : problem.units()) {
      if (!choice.floats().containsAll(unit.paths())) {
        on.add(unit.main());
        on.add(unit.input());
      }
    }
    on.retainAll(file.switches());
    return Sensitivities.of(file, feeds, on);
  }

  /**
   * Returns the choices with the smallest errors that take at most so much; none if nothing does.
   */
  public List<Choice> leastError(double time, double bytes) {
    return Stream.of(alone, together)
        .flatMap(solver -> solver.leastError(time * problem.floatTime(), bytes).stream())
        .map(this::choice)
        .toList();
  }

  private Choice choice(BitSet solved) {
    BitSet on = problem.closed(solved);
    Set<String> floats = new LinkedHashSet<>();
    for (int i = on.nextClearBit(0); i < problem.units().size(); i = on.nextClearBit(i + 1)) {
      floats.addAll(problem.units().get(i).paths());
    }
    return new Choice(
        floats, problem.time(on) / problem.floatTime(), problem.error(on), problem.bytes(on));
  }

  @Override
  public void close() {
    file.close();
  }
}
