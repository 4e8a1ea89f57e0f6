package dev.bitfold.onnx.model;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.Progress;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.OnnxSearch.Front;
import dev.bitfold.onnx.model.OnnxSearch.Tried;
import dev.bitfold.onnx.model.budget.BudgetModel;
import dev.bitfold.onnx.model.budget.BudgetModel.Choice;
import dev.bitfold.onnx.model.budget.Pair;
import dev.bitfold.onnx.proof.OnnxProof;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Searches what stays float under a budget: each quantizer and node is measured once, the solver
 * chooses for a row of limits, and what each choice does to the output is measured. The best is run
 * beside the float file, and where it takes longer than predicted, another. For one thread.
 */
final class BudgetRun {
  private static final int ROUNDS = 8;
  private static final int FRONT = 9;
  private static final int STEPS = 24;

  /** So much under its limit, a measured time or error is not worth another round. */
  private static final double CLOSE = 0.06;

  /** Where the same file's times scatter by more, they say nothing of another. */
  private static final double NOISY = 0.3;

  private static final OnnxOptions UNPROVED =
      OnnxOptions.DEFAULT.withProof(OnnxProof.skipped("one of many in a search"));

  private final Calibration<OnnxModel> calibration;
  private final OnnxModel.Source source;
  private final OnnxBudget budget;
  private final HeldOut heldOut;
  private final @Nullable Path soFar;
  private final String modelHash;
  private final String dataHash;
  private final List<Tried> tried = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private @Nullable Best best;

  /** Whether times can be told apart here; bytes are taken in their place where they cannot. */
  private boolean timed = true;

  /** The best choice so far. */
  private record Best(
      Tried tried, Calibration<OnnxModel> calibration, OnnxCertificate certificate) {}

  /** Begins a search; the best file so far is written if a path is given. */
  static BudgetRun of(
      Calibration<OnnxModel> calibration,
      OnnxBudget budget,
      HeldOut heldOut,
      @Nullable Path soFar) {
    Quantized<OnnxModel> quantized = calibration.freeze();
    if (!quantized.state().state().preQuantScales().isEmpty()) {
      throw new IllegalArgumentException(
          "the calibration is smoothed; a search under a budget takes one without smoothQuant()");
    }
    return new BudgetRun(calibration, quantized.model().source(), budget, heldOut, soFar);
  }

  private BudgetRun(
      Calibration<OnnxModel> calibration,
      OnnxModel.Source source,
      OnnxBudget budget,
      HeldOut heldOut,
      @Nullable Path soFar) {
    this.calibration = calibration;
    this.source = source;
    this.budget = budget;
    this.heldOut = heldOut;
    this.soFar = soFar;
    this.modelHash = OnnxCertificate.hash(source.prepared().original());
    this.dataHash = heldOut.hash();
  }

  OnnxSearch search(Progress.Listener listener) throws IOException {
    return search(listener, NOISY);
  }

  /**
   * Searches.
   *
   * @param noisy how far the middle half of ratios of the same file's times may be apart
   */
  OnnxSearch search(Progress.Listener listener, double noisy) throws IOException {
    OnnxFile all = written(calibration);
    OnnxFile prepared = source.prepared().file();
    try (BudgetModel model =
            BudgetModel.measure(
                all,
                prepared,
                source.graph(),
                source.output(),
                measuring(),
                source.threads(),
                listener);
        Pair pair = new Pair(baseline(), source.output(), heldOut.batches(), source.threads())) {
      Pair.Measured floats = pair.measure(prepared);
      warn(floats.spread(), noisy);
      Scale scale = Scale.of(model, floats, pair.measure(all));
      double bytes =
          budget.bytes().isPresent() ? budget.bytes().getAsLong() : Double.POSITIVE_INFINITY;
      List<Candidate> candidates = candidates(model, bytes);
      rounds(candidates, pair, scale);
      List<Front> front = front(model, candidates, scale);
      Best found = Objects.requireNonNull(best);
      return new OnnxSearch(
          found.calibration(),
          found.certificate(),
          found.tried(),
          tried,
          front,
          correlation(front),
          warnings);
    }
  }

  private void warn(double spread, double noisy) {
    timed = spread <= noisy;
    if (!timed) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "times scatter here: in half of the rounds, the float file took %.0f %% more or less"
                  + " than itself; the smallest file was searched in place of a fast one",
              50 * spread));
    }
    if (heldOut.batches().stream().anyMatch(source.seen().feeds()::contains)) {
      warnings.add("measured on data that was calibrated on; other data may give other figures");
    } else if (heldOut.batches().size() == 1) {
      warnings.add("measured on one batch alone; other data may give other figures");
    }
  }

  /** The batches that quantizers are measured on; those calibrated on may be too large to keep. */
  private List<Map<String, INDArray>> measuring() {
    List<Map<String, INDArray>> seen = source.seen().feeds();
    return seen.isEmpty() ? heldOut.batches().subList(0, 1) : seen;
  }

  /** The file that users would run otherwise; without bound inputs only as it was prepared. */
  private OnnxFile baseline() {
    OnnxFile original = source.prepared().original();
    boolean same = new Graph(original).fedInputs().size() == source.inputs().size();
    return same ? original : source.prepared().file();
  }

  private static OnnxFile written(Calibration<OnnxModel> calibration) throws IOException {
    Path file = Files.createTempFile("bitfold", ".onnx");
    try {
      OnnxModel.export(calibration.freeze(), file, UNPROVED);
      return OnnxWeights.open(file).file();
    } finally {
      Files.delete(file);
    }
  }

  /** Predicted times as they come out: a line through the float and the quantized file. */
  private record Scale(double from, double factor) {
    static Scale of(BudgetModel model, Pair.Measured floats, Pair.Measured quantized) {
      double apart = model.all().time() - 1;
      double factor = Math.abs(apart) < 0.05 ? 1 : (quantized.time() - floats.time()) / apart;
      return factor > 0 ? new Scale(floats.time(), factor) : new Scale(floats.time(), 1);
    }

    double measured(double predicted) {
      return from + factor * (predicted - 1);
    }
  }

  /**
   * A choice of the solver, with what it does to the output, measured where everything was: what
   * one quantizer clips, another would, so errors are less than their sum.
   */
  private record Candidate(Choice choice, double error) {}

  /** The solver's choices for limits of time from the fastest to the float file's. */
  private List<Candidate> candidates(BudgetModel model, double bytes) {
    Map<Set<String>, Candidate> all = new LinkedHashMap<>();
    double fastest = model.fastest().time();
    List<Choice> choices = new ArrayList<>(List.of(model.all(), model.fastest()));
    for (int step = 0; step <= STEPS; step++) {
      double limit = fastest + ((1 - fastest) * step / STEPS) + 1e-6;
      choices.addAll(model.leastError(limit, bytes));
    }
    for (Choice choice : choices) {
      all.computeIfAbsent(
          choice.floats(), floats -> new Candidate(choice, model.error(choice, measuring())));
    }
    return List.copyOf(all.values());
  }

  private void rounds(List<Candidate> candidates, Pair pair, Scale scale) throws IOException {
    Set<Set<String>> seen = new HashSet<>();
    double time = budget.time().orElse(Double.POSITIVE_INFINITY);
    double bytes =
        budget.bytes().isPresent() ? budget.bytes().getAsLong() : Double.POSITIVE_INFINITY;
    double error = budget.error();
    for (int round = 0; round < ROUNDS; round++) {
      double mostTime = time;
      double mostError = error;
      double mostBytes = bytes;
      Optional<Candidate> found =
          candidates.stream()
              .filter(candidate -> !seen.contains(candidate.choice().floats()))
              .filter(candidate -> !timed || scale.measured(candidate.choice().time()) <= mostTime)
              .filter(candidate -> isFastest() ? candidate.error() <= mostError : true)
              .filter(candidate -> candidate.choice().bytes() <= mostBytes)
              .min(
                  Comparator.comparingDouble(
                      candidate -> isFastest() ? cost(candidate.choice()) : candidate.error()));
      if (found.isEmpty() && best != null) {
        break;
      }
      Candidate next = found.orElseGet(() -> leastExceeding(candidates));
      seen.add(next.choice().floats());
      OnnxFigures now = tryOut(next, pair, scale).measured();
      double timeOver = now.time() / budget.time().orElse(now.time());
      double errorOver = now.error() / budget.error();
      double bytesOver =
          budget.bytes().isPresent() ? (double) now.bytes() / budget.bytes().getAsLong() : 1;
      if (found.isEmpty() || isClose(timeOver, errorOver, bytesOver)) {
        break;
      }
      time = moved(time, timeOver);
      error = moved(error, errorOver);
      bytes = bytesOver > 1 ? bytes / bytesOver : bytes;
    }
  }

  /** Where no choice is predicted to meet the budget: the fastest, smallest or most exact. */
  private Candidate leastExceeding(List<Candidate> candidates) {
    return candidates.stream()
        .min(
            Comparator.comparingDouble(
                candidate ->
                    timed && budget.time().isPresent()
                        ? candidate.choice().time()
                        : budget.bytes().isPresent()
                            ? candidate.choice().bytes()
                            : candidate.error()))
        .orElseThrow();
  }

  /** Whether the fastest file of a given quality is asked for, not the best of a given time. */
  private boolean isFastest() {
    return !timed || (budget.time().isEmpty() && budget.error() < Double.POSITIVE_INFINITY);
  }

  private double cost(Choice choice) {
    return timed ? choice.time() : choice.bytes();
  }

  private double cost(OnnxFigures figures) {
    return timed ? figures.time() : figures.bytes();
  }

  private double excess(OnnxFigures figures) {
    return timed ? figures.excess(budget) : figures.withoutTime().excess(budget);
  }

  private boolean isClose(double time, double error, double bytes) {
    double decisive = timed && budget.time().isPresent() ? time : Math.sqrt(error);
    return bytes <= 1 && decisive <= 1 && decisive > 1 - CLOSE;
  }

  /** Moves a limit against what was reached, but not far at once. */
  private static double moved(double limit, double over) {
    double factor = over > 1 ? 0.98 : 1;
    return over > 0 ? factor * limit / Math.min(2, Math.max(0.8, over)) : limit;
  }

  private Tried tryOut(Candidate candidate, Pair pair, Scale scale) throws IOException {
    Choice choice = candidate.choice();
    Calibration<OnnxModel> some = calibration;
    for (String path : choice.floats()) {
      some = some.skip(path);
    }
    OnnxFile file = written(some);
    OnnxCertificate certificate = certificate(file, choice.floats(), pair.measure(file));
    Tried now =
        new Tried(
            choice.floats().size(),
            scale.measured(choice.time()),
            candidate.error(),
            certificate.measured());
    tried.add(now);
    if (best == null || isBetter(now.measured(), best.tried().measured())) {
      best = new Best(now, some, certificate);
      if (soFar != null) {
        certificate.write(file, soFar);
      }
    }
    return now;
  }

  private OnnxCertificate certificate(OnnxFile file, Set<String> floats, Pair.Measured measured) {
    long bytes = file.model().getSerializedSize();
    return new OnnxCertificate(
            String.valueOf(Path.of(source.name()).getFileName()),
            modelHash,
            heldOut.description(),
            dataHash,
            source.output(),
            budget,
            floats,
            OnnxCertificate.figures(measured, bytes),
            source.threads(),
            OnnxCertificate.machine(source.threads()))
        .within(bytes);
  }

  private boolean isBetter(OnnxFigures one, OnnxFigures other) {
    if (excess(one) > 0 || excess(other) > 0) {
      return excess(one) < excess(other);
    }
    return isFastest() ? cost(one) < cost(other) : one.error() < other.error();
  }

  /** The candidates from the fastest, with the error of each on the held-out data. */
  private List<Front> front(BudgetModel model, List<Candidate> candidates, Scale scale) {
    List<Candidate> sorted = new ArrayList<>(candidates);
    sorted.sort(Comparator.comparingDouble(candidate -> candidate.choice().time()));
    List<Front> front = new ArrayList<>();
    int every = Math.max(1, sorted.size() / FRONT);
    for (int i = 0; i < sorted.size(); i += every) {
      Candidate candidate = sorted.get(i);
      front.add(
          new Front(
              scale.measured(candidate.choice().time()),
              candidate.choice().bytes(),
              candidate.error(),
              model.error(candidate.choice(), heldOut.batches())));
    }
    return front;
  }

  private static double correlation(List<Front> front) {
    double[] predicted = front.stream().mapToDouble(Front::predictedError).toArray();
    double[] measured = front.stream().mapToDouble(Front::error).toArray();
    return front.size() < 3
        ? Double.NaN
        : new SpearmansCorrelation().correlation(predicted, measured);
  }
}
