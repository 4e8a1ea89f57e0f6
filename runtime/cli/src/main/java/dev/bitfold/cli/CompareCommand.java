package dev.bitfold.cli;

import dev.bitfold.cli.input.DataOptions;
import dev.bitfold.cli.measure.OrtFile;
import dev.bitfold.cli.measure.SideBySide;
import dev.bitfold.cli.measure.SideBySideText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs two ONNX files on the same data and tells how they differ. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Runs two ONNX files in ONNX Runtime on the same data: how far their outputs are apart,"
          + " their",
      "bytes and times, and of models that read tokens whether a text gets the same numbers alone,",
      "in a batch and padded."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Compared.",
      "2:Bad options, files or data.",
      "3:The second file does not meet a bound of --at-least."
    })
final class CompareCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "A", description = "An ONNX file, such as the float model.")
  private Path a = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Another one, such as the quantized.")
  private Path b = Path.of("");

  @Mixin private DataOptions data = new DataOptions();

  @Mixin private RunOptions running = new RunOptions();

  @Option(names = "--json", description = "Print everything as one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    data.check();
    List<Bound> bounds = running.bounds();
    try (OrtFile one = OrtFile.open(a, running.threads());
        OrtFile two = OrtFile.open(b, running.threads())) {
      Iterable<java.util.Map<String, org.nd4j.linalg.api.ndarray.INDArray>> feeds =
          data.read(SideBySide.inputs(one, two));
      SideBySide result =
          SideBySide.of(one, two, feeds, data.describe(), running.measuring(), batches -> {});
      PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
      out.print(
          json
              ? SideBySideText.json(result).toPrettyString() + System.lineSeparator()
              : SideBySideText.table(
                  result, String.valueOf(a.getFileName()), String.valueOf(b.getFileName())));
      out.flush();
      return Bound.report(bounds, result, spec.commandLine().getErr());
    }
  }
}
