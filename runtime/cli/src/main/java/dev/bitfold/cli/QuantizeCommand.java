package dev.bitfold.cli;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.Progress;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.cli.input.DataOptions;
import dev.bitfold.cli.measure.OrtFile;
import dev.bitfold.cli.measure.SideBySide;
import dev.bitfold.cli.measure.SideBySideText;
import dev.bitfold.cli.output.Bars;
import dev.bitfold.cli.output.StagedFile;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.HeldOut;
import dev.bitfold.onnx.model.OnnxLayer;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.model.OnnxSearch;
import dev.bitfold.onnx.model.cut.LeftNode;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.data.Feeds;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.report.HtmlReport;
import dev.bitfold.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Quantizes an ONNX file and measures the new file beside it. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    description = {
      "Quantizes an ONNX file: finds its layers, calibrates them on data, smooths, corrects"
          + " biases,",
      "writes the new file, which ONNX Runtime proves to compute what was calibrated, and compares",
      "both files. Nothing is written unless all of that is done and every bound is met."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Quantized.",
      "2:Bad options, files or data; nothing was written.",
      "3:A bound of --at-least is not met; only the report was written. Or --budget is not met; the",
      "best file that was found was written."
    })
final class QuantizeCommand implements Callable<Integer> {
  /** How many batches the exported file is proved on. */
  private static final int PROOF_BATCHES = 4;

  private static final int BOUND_NOT_MET = 3;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "A float ONNX file.")
  private Path model = Path.of("");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The file to be written.")
  private Path out = Path.of("");

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--test",
      paramLabel = "PATH",
      description = {
        "Other data of the same kind, to measure on. Without it the figures are those of the data",
        "that the model was calibrated on."
      })
  private @Nullable Path test;

  @Mixin private ModelOptions options = new ModelOptions();

  @Mixin private RunOptions running = new RunOptions();

  @Option(names = "--report", paramLabel = "FILE", description = "Write an HTML report.")
  private @Nullable Path report;

  @Option(names = "--json", description = "Print the comparison as one JSON object.")
  private boolean json;

  private @Nullable SearchRun searching;

  @Override
  public Integer call() throws IOException {
    data.check();
    List<Bound> bounds = running.bounds();
    int threads = running.threads();
    running.measuring();
    options.check();
    if (!Files.exists(model)) {
      throw new NoSuchFileException(model.toString());
    }
    if (test != null && !Files.exists(test)) {
      throw new NoSuchFileException(test.toString());
    }
    if (StagedFile.isSame(out, model) || StagedFile.isSame(out, report)) {
      throw new BadInputException(
          out
              + ": would be written over "
              + (StagedFile.isSame(out, model) ? "the model" : "by the report")
              + "; name another file with -o");
    }
    if (StagedFile.isSame(model, report)) {
      throw new BadInputException(report + ": would be written over the model");
    }
    if (options.needsData() && !data.isGiven()) {
      throw new BadInputException(
          "recipe '"
              + options.recipe()
              + "' needs data to calibrate on: use --data, --text or --images");
    }
    if (!options.needsData() && report != null) {
      throw new BadInputException(
          "recipe '"
              + options.recipe()
              + "' calibrates nothing, and --report shows a calibration; leave --report out");
    }
    if (!data.isGiven() && !bounds.isEmpty()) {
      throw new BadInputException(
          "--at-least needs data to measure on: use --data, --text or --images");
    }
    try (StagedFile staged = StagedFile.of(out);
        StagedFile html = report == null ? null : StagedFile.of(report)) {
      Written written = write(staged, html, threads);
      int code = 0;
      if (data.isGiven()) {
        SideBySide result = compare(staged, written, threads);
        print(result);
        code = Bound.report(bounds, result, spec().commandLine().getErr());
      }
      if (html != null) {
        html.keep();
      }
      if (code == 0) {
        staged.keep();
      }
      if (searching != null) {
        searching.done();
      }
      // The best that was found is of use, too.
      return written.met() ? code : BOUND_NOT_MET;
    }
  }

  /**
   * What was written.
   *
   * @param tests what to measure the file on
   * @param settings of a session that runs it
   * @param met whether its budget is met
   */
  private record Written(Feeds tests, Map<String, String> settings, boolean met) {}

  private CommandSpec spec() {
    return Objects.requireNonNull(spec);
  }

  /** Writes the quantized file and the report. */
  private Written write(StagedFile staged, @Nullable StagedFile html, int threads)
      throws IOException {
    try (OnnxModel onnx = options.open(model, threads);
        Bars bars = new Bars()) {
      Feeds none = Feeds.of(List.<Map<String, INDArray>>of());
      Feeds feeds = data.isGiven() ? data.read(onnx.inputs()) : none;
      Feeds tests = test == null ? feeds : data.read(onnx.inputs(), test);
      list(onnx);
      Plan<OnnxModel> plan = options.plan(onnx).withProgress(bars);
      if (options.isFullRange()) {
        plan = plan.withWeightAmax(WeightAmax.ofDescriptor());
      }
      if (!options.needsData()) {
        OnnxProof proof = data.isGiven() ? proof(feeds) : OnnxProof.random();
        return new Written(tests, export(plan.freeze(), staged, proof), true);
      }
      Calibration<OnnxModel> calibration = plan.calibrate(feeds, OnnxModel::forward);
      if (options.budget().isPresent()) {
        return searched(calibration, feeds, tests, staged, html, bars);
      }
      calibration = corrected(options.isSmoothed() ? calibration.smoothQuant() : calibration);
      Map<String, String> settings = export(calibration.freeze(), staged, proof(feeds));
      if (html != null) {
        HtmlReport.write(report(calibration), html.path());
      }
      return new Written(tests, settings, true);
    }
  }

  /** Searches what stays float, and writes the best file that was found. */
  private Written searched(
      Calibration<OnnxModel> calibration,
      Feeds feeds,
      Feeds tests,
      StagedFile staged,
      @Nullable StagedFile html,
      Bars bars)
      throws IOException {
    String measured = test == null ? data.describe() : test.toString();
    HeldOut heldOut = new HeldOut(measured, some(tests, VerifyCommand.BATCHES));
    searching = new SearchRun(out, this::say);
    OnnxSearch search = searching.run(calibration, options.budget().orElseThrow(), heldOut, bars);
    Map<String, String> settings =
        told(search.export(staged.path(), OnnxOptions.DEFAULT.withProof(proof(feeds))));
    if (html != null) {
      HtmlReport.write(report(search.calibration()).with(SearchRun.report(search)), html.path());
    }
    return new Written(tests, settings, search.met());
  }

  private Report report(Calibration<OnnxModel> calibration) {
    Diagnosis diagnosis = calibration.diagnose(Diagnosis.Curves.TRIED);
    return Report.of(String.valueOf(model.getFileName()), diagnosis).withData(data.describe());
  }

  /** Exports a model; returns the settings of a session that runs it. */
  private Map<String, String> export(
      Quantized<OnnxModel> quantized, StagedFile staged, OnnxProof proof) throws IOException {
    return told(OnnxModel.export(quantized, staged.path(), OnnxOptions.DEFAULT.withProof(proof)));
  }

  /** Prints what is to be known of a file; returns the settings of a session that runs it. */
  private Map<String, String> told(OnnxQdq.Exported exported) {
    if (!exported.dynamic().isEmpty()) {
      say(
          "%d inputs have a scale of each run: results depend on the batch",
          exported.dynamic().size());
    }
    if (!(exported.proof() instanceof ProofResult.Proved proved)) {
      return Map.of();
    }
    say(
        "proved in ONNX Runtime %s: %d values compared, largest difference %.2g",
        proved.runtime(), proved.compared(), proved.largest());
    proved.settings().forEach((name, value) -> say("sessions need the setting %s=%s", name, value));
    return proved.settings();
  }

  /** Corrects biases where a layer has any. */
  private static Calibration<OnnxModel> corrected(Calibration<OnnxModel> calibration) {
    try {
      return calibration.correctBiases();
    } catch (IllegalStateException e) {
      return calibration;
    }
  }

  private static OnnxProof proof(Feeds feeds) {
    return OnnxProof.on(some(feeds.split(2, Long.MAX_VALUE), PROOF_BATCHES));
  }

  static List<Map<String, INDArray>> some(Iterable<Map<String, INDArray>> feeds, int most) {
    List<Map<String, INDArray>> some = new ArrayList<>();
    for (Map<String, INDArray> feed : feeds) {
      if (some.size() == most) {
        break;
      }
      some.add(feed);
    }
    return some;
  }

  /** Lists the layers and what stays float. */
  private void list(OnnxModel onnx) {
    Map<String, Integer> layers = new TreeMap<>();
    for (OnnxLayer layer : onnx.layers()) {
      layers.merge(layer.operator(), 1, Integer::sum);
    }
    say("%d layers: %s", onnx.layers().size(), counted(layers));
    List<LeftNode> left = onnx.left();
    Map<String, Integer> reasons = new TreeMap<>();
    left.forEach(node -> reasons.merge(node.operator() + ": " + node.reason(), 1, Integer::sum));
    if (!left.isEmpty()) {
      say("%d nodes stay float:", left.size());
      reasons.forEach((reason, count) -> say("  %d %s", count, reason));
    }
  }

  private static String counted(Map<String, Integer> counts) {
    List<String> words = new ArrayList<>();
    counts.forEach((name, count) -> words.add(count + " " + name));
    return String.join(", ", words);
  }

  private SideBySide compare(StagedFile staged, Written written, int threads) throws IOException {
    Map<String, INDArray> bound = options.bound();
    String name = test == null ? data.describe() + " (calibration data)" : String.valueOf(test);
    try (OrtFile before = OrtFile.open(model, threads);
        OrtFile after = OrtFile.open(staged.path(), threads, written.settings());
        Bars bars = new Bars()) {
      OptionalLong all = OptionalLong.empty();
      bars.onProgress(new Progress("comparing", 0, all));
      return SideBySide.of(
          before,
          after,
          withBound(written.tests(), bound, before.inputs()),
          name,
          running.measuring(),
          done -> bars.onProgress(new Progress("comparing", done, all)));
    }
  }

  /** Returns batches with the bound inputs, which the float file still takes. */
  private static Iterable<Map<String, INDArray>> withBound(
      Feeds feeds, Map<String, INDArray> bound, List<FeedInput> inputs) {
    Map<String, INDArray> fixed = new LinkedHashMap<>();
    for (FeedInput input : inputs) {
      INDArray value = bound.get(input.name());
      if (value != null) {
        INDArray cast = value.castTo(input.type());
        fixed.put(input.name(), input.shape().isEmpty() ? cast : cast.reshape(1));
      }
    }
    if (fixed.isEmpty()) {
      return feeds;
    }
    return () -> {
      Iterator<Map<String, INDArray>> each = feeds.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public Map<String, INDArray> next() {
          Map<String, INDArray> feed = new LinkedHashMap<>(each.next());
          feed.putAll(fixed);
          return feed;
        }
      };
    };
  }

  private void print(SideBySide result) {
    PrintWriter writer = spec().commandLine().getOut();
    if (json) {
      writer.println(
          SideBySideText.json(result).put("calibrationData", test == null).toPrettyString());
    } else {
      writer.println();
      writer.println("on " + result.data() + ":");
      writer.print(SideBySideText.table(result, "float", "quantized"));
    }
    writer.flush();
  }

  /** Prints a line, unless the output is to be JSON alone. */
  private void say(String format, Object... values) {
    say(String.format(Locale.ROOT, format, values));
  }

  private void say(String line) {
    if (!json) {
      PrintWriter writer = spec().commandLine().getOut();
      writer.println(line);
      writer.flush();
    }
  }
}
