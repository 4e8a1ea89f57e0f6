package dev.bitfold.examples.embeddings;

import ai.onnxruntime.OrtException;
import dev.bitfold.Quantized;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.examples.embeddings.data.SentencePair;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.deploy.FourBitFile;
import dev.bitfold.examples.embeddings.deploy.HeadToHead;
import dev.bitfold.examples.embeddings.deploy.OnnxDirect;
import dev.bitfold.examples.embeddings.deploy.ProofCost;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.LayerAlphas;
import dev.bitfold.examples.embeddings.evaluation.ModelFacts;
import dev.bitfold.examples.embeddings.evaluation.ResultFile;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.evaluation.ScoreTable;
import dev.bitfold.examples.embeddings.load.BadInputException;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.report.HtmlReport;
import dev.bitfold.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Quantizes a sentence encoder in several ways and measures each on SemEval STS 2012. */
@Command(
    name = "sentence-embeddings",
    mixinStandardHelpOptions = true,
    description = "Quantizes a sentence encoder in several ways and measures each on STS 2012.")
public final class Main implements Callable<Integer> {
  private static final int CALIBRATION_ROUNDS = 5;
  private static final int WORST = 5;
  private static final int CURVE_PAIRS = 16;

  /** Leaves 31 pairs, of which a correlation still says something. */
  private static final int MAX_STEP = 100;

  @Spec private CommandSpec spec;

  @Mixin private EncoderOptions encoder;

  @Option(names = "--full", description = "All 3108 test pairs instead of every 4th.")
  private boolean full;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "4",
      description = "Measure on every N-th test pair (default: ${DEFAULT-VALUE}).")
  private int every;

  @Option(
      names = "--calibration",
      paramLabel = "N",
      defaultValue = "256",
      description = "Sentences of the training split to calibrate on (default: ${DEFAULT-VALUE}).")
  private int calibration;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      defaultValue = "target/bitfold/result.json",
      description = "Where the figures are written (default: ${DEFAULT-VALUE}).")
  private Path output;

  @Option(
      names = "--benchmark",
      description = "Time the forward pass of the float and the quantized model instead.")
  private boolean benchmark;

  @Option(
      names = "--curves",
      paramLabel = "FOLDER",
      arity = "0..1",
      fallbackValue = "target/bitfold",
      description =
          "Instead, measure over alpha, over the number of calibration sentences and over the"
              + " calibrators, and the error of each layer over alpha; CSV, JSON and PNG go to the"
              + " folder (default: ${FALLBACK-VALUE}).")
  private Optional<Path> curves = Optional.empty();

  @Option(
      names = "--export",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Quantize for deployment, too, export to ONNX and run that in ONNX Runtime.")
  private boolean export;

  @Option(
      names = "--runtime-benchmark",
      description =
          "Export, and time the file beside the float and the published int8 model in ONNX Runtime"
              + " instead.")
  private boolean runtimeBenchmark;

  @Option(
      names = "--proof-benchmark",
      description = "Calibrate and export instead, and time what the export's proof costs of it.")
  private boolean proofBenchmark;

  @Option(
      names = "--low-bits",
      description = "Quantize the linears' weights to 4 and 3 bits and reconstruct them instead.")
  private boolean lowBits;

  @Option(
      names = "--four-bits",
      description =
          "Write the model as a file with 4-bit weights instead, and measure it in ONNX Runtime:"
              + " bytes, accuracy and time.")
  private boolean fourBits;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      description =
          "With --four-bits, give each weight 4 or 8 bits, so that weights and biases take at most"
              + " so many bytes, their scales counted as float32, and the output loses least.")
  private Optional<Long> bytes = Optional.empty();

  private Main() {}

  /** Runs the program and exits: 0, or 2 where options or files are wrong. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The program, ready to be executed. */
  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        // An argument is a file's name, also if it begins with an @.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, args) -> complain(e.getCommandLine(), e.getMessage()))
        .setExecutionExceptionHandler(
            (e, line, parsed) -> {
              if (e instanceof BadInputException) {
                return complain(line, e.getMessage());
              }
              if (e instanceof IOException io) {
                return complain(line, io.toString());
              }
              throw e;
            });
  }

  private static int complain(CommandLine line, String message) {
    line.getErr().println("error: " + message.replaceAll("\\s*[\\r\\n]+\\s*", " "));
    line.getErr().flush();
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() throws IOException {
    Optional<String> problem = encoder.problem();
    if (problem.isPresent()) {
      throw new ParameterException(spec.commandLine(), problem.get());
    }
    if (every < 1 || every > MAX_STEP) {
      throw new ParameterException(
          spec.commandLine(), "--every: takes 1 to " + MAX_STEP + ", not " + every);
    }
    if (bytes.isPresent() && (!fourBits || bytes.get() < 1)) {
      throw new ParameterException(
          spec.commandLine(), "--bytes: takes a number above 0, with --four-bits");
    }
    List<String> sentences = calibrationSentences();
    InputFile file = encoder.modelFile();
    MiniLm model = encoder.load(file);
    ModelFacts facts = ModelFacts.of(file.name(), model);
    try (Tokenizer tokenizer = encoder.tokenizerOf(model)) {
      if (runtimeBenchmark) {
        timeRuntime(model, file, tokenizer, sentences);
      } else if (proofBenchmark) {
        timeProof(model, file, tokenizer, sentences);
      } else if (benchmark) {
        new Timings(model, file, tokenizer, spec.commandLine().getOut()).print(sentences);
      } else if (lowBits) {
        Evaluation evaluation =
            new Evaluation(
                StsData.every(full ? 1 : every, StsData.test()),
                new BatchEmbedder(tokenizer, model));
        new LowBits(model, tokenizer, LowBits.sentences(calibration), evaluation)
            .print(spec.commandLine().getOut());
      } else if (fourBits) {
        fourBits(model, file, tokenizer);
      } else if (curves.isPresent()) {
        curves(model, tokenizer, sentences, curves.get());
      } else {
        evaluate(model, file, facts, tokenizer, sentences);
      }
    }
    return CommandLine.ExitCode.OK;
  }

  private List<String> calibrationSentences() {
    try {
      return StsData.calibration(calibration);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--calibration: " + e.getMessage(), e);
    }
  }

  private void evaluate(
      MiniLm model, InputFile file, ModelFacts facts, Tokenizer tokenizer, List<String> sentences)
      throws IOException {
    requireWritable(output);
    List<SentencePair> pairs = StsData.every(full ? 1 : every, StsData.test());
    // Opened first, so that a bad file is known before the work begins.
    Optional<PeerModel> peer =
        encoder.peerFile().map(f -> new PeerModel(f, tokenizer, encoder.pooling()));
    try {
      List<Batch> batches = BatchEmbedder.batches(tokenizer, sentences);
      Evaluation evaluation = new Evaluation(pairs, new BatchEmbedder(tokenizer, model));
      RuntimeScores exported = new RuntimeScores(evaluation, tokenizer, encoder.pooling());
      List<Score> scores = new ArrayList<>();
      scores.add(evaluation.fp32(facts.floatBytes()));
      Quantizations quantizations = Quantizations.of(model, batches);
      Map<String, Quantized<MiniLm>> quantized = quantizations.models();
      Diagnosis diagnosis = quantizations.smooth().diagnose(Diagnosis.Curves.TRIED);
      quantized.forEach(
          (name, q) ->
              scores.add(
                  evaluation.of(
                      name, new BatchEmbedder(tokenizer, q.model()), facts.bytes(q.summary()))));
      if (export) {
        InputFile written =
            HeadToHead.of(file.onnx(), model, batches, output.toAbsolutePath().getParent())
                .standard();
        scores.add(exported.of("onnx-int8", written));
        Path direct = output.toAbsolutePath().resolveSibling(OnnxDirect.FILE);
        scores.add(
            exported.of("onnx-direct", OnnxDirect.quantize(file, tokenizer, sentences, direct)));
      }
      if (full) {
        FourBits fourBits = fourBits(file, tokenizer);
        scores.addAll(
            fourBits.scores(model, facts, evaluation, output.resolveSibling(FourBitFile.FILE)));
      }
      peer.ifPresent(p -> scores.add(exported.of("peer-int8", p, p.weightBytes())));
      report(
          facts,
          quantized.get(Quantizations.SMOOTH).summary(),
          pairs,
          evaluation,
          scores,
          diagnosis);
    } finally {
      peer.ifPresent(PeerModel::close);
    }
  }

  /** Finds before the work begins what would keep a file from being written after it. */
  private static void requireWritable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    try {
      Files.createDirectories(folder == null ? file : folder);
      boolean there = Files.exists(file);
      Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE).close();
      if (!there) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new BadInputException(file.toString(), "cannot be written: " + e, e);
    }
  }

  private void report(
      ModelFacts facts,
      Summary smooth,
      List<SentencePair> pairs,
      Evaluation evaluation,
      List<Score> scores,
      Diagnosis diagnosis)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    LayerAlphas active = LayerAlphas.of(smooth);
    out.printf("%n%s%n%s", ScoreTable.of(scores), active.text());
    out.printf(
        Locale.ROOT,
        "%nthe %d layers of %s with the largest error of their output:%n%s",
        WORST,
        Quantizations.SMOOTH,
        Diagnosis.table(diagnosis.worst(WORST)));
    out.printf(
        Locale.ROOT,
        "%n%d pairs (%d sentences) of STS 2012; %s: %d layers, %d linears, %d channels%n",
        pairs.size(),
        evaluation.sentences(),
        facts.file(),
        facts.layers(),
        facts.linears(),
        facts.hidden());
    new ResultFile(facts, active, pairs.size(), evaluation.sentences(), calibration, scores)
        .write(output);
    out.println("written: " + output);
    Path page = output.resolveSibling("report.html");
    Report report =
        Report.of(facts.file() + ", " + Quantizations.SMOOTH, diagnosis)
            .withData(calibration + " sentences of STS 2012");
    HtmlReport.write(smooth.modelError().map(report::with).orElse(report), page);
    out.println("written: " + page);
    out.flush();
  }

  private void curves(MiniLm model, Tokenizer tokenizer, List<String> sentences, Path folder)
      throws IOException {
    requireWritable(folder.resolve("diagnosis.json"));
    List<SentencePair> pairs = StsData.every(full ? 4 : CURVE_PAIRS, StsData.test());
    Evaluation evaluation = new Evaluation(pairs, new BatchEmbedder(tokenizer, model));
    new CurvePages(model, tokenizer, evaluation, spec.commandLine().getOut())
        .write(BatchEmbedder.batches(tokenizer, sentences), folder);
  }

  private FourBits fourBits(InputFile file, Tokenizer tokenizer) {
    return new FourBits(
        file,
        tokenizer,
        encoder.pooling(),
        LowBits.sentences(calibration),
        FourBits.OPTIONS,
        bytes.map(OptionalLong::of).orElse(OptionalLong.empty()));
  }

  private void fourBits(MiniLm model, InputFile file, Tokenizer tokenizer) throws IOException {
    requireWritable(output);
    try {
      fourBits(file, tokenizer)
          .print(
              new Evaluation(
                  StsData.every(full ? 1 : every, StsData.test()),
                  new BatchEmbedder(tokenizer, model)),
              encoder.peerFile(),
              output.toAbsolutePath().getParent(),
              spec.commandLine().getOut());
    } catch (OrtException e) {
      throw new BadInputException(file.name(), "ONNX Runtime: " + e.getMessage(), e);
    }
  }

  private void timeRuntime(
      MiniLm model, InputFile file, Tokenizer tokenizer, List<String> sentences)
      throws IOException {
    requireWritable(output);
    List<int[]> batch = tokenizer.encode(StsData.calibration(BatchEmbedder.BATCH_SIZE));
    try {
      HeadToHead.of(
              file.onnx(),
              model,
              BatchEmbedder.batches(tokenizer, sentences),
              output.toAbsolutePath().getParent())
          .time(spec.commandLine().getOut(), file, encoder.peerFile(), batch);
    } catch (OrtException e) {
      throw new BadInputException(file.name(), "ONNX Runtime: " + e.getMessage(), e);
    }
  }

  private void timeProof(MiniLm model, InputFile file, Tokenizer tokenizer, List<String> sentences)
      throws IOException {
    Path out = output.resolveSibling(HeadToHead.STANDARD);
    requireWritable(out);
    List<Batch> batches = BatchEmbedder.batches(tokenizer, sentences);
    spec.commandLine()
        .getOut()
        .println(ProofCost.of(file.onnx(), model, batches, out, CALIBRATION_ROUNDS));
  }
}
