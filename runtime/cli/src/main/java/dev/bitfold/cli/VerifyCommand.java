package dev.bitfold.cli;

import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.cli.input.DataOptions;
import dev.bitfold.cli.measure.OrtFile;
import dev.bitfold.onnx.model.HeldOut;
import dev.bitfold.onnx.model.OnnxCertificate;
import dev.bitfold.onnx.model.data.FeedInput;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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

/** Measures a file that has a certificate again. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Reads the certificate that 'bitfold quantize --budget' writes into a file, runs the file"
          + " beside",
      "the float file that it was made of, and tells whether its budget holds here and on this"
          + " data."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The budget holds.",
      "2:Bad options, files or data, or the file has no certificate.",
      "3:The budget does not hold."
    })
final class VerifyCommand implements Callable<Integer> {
  /** As many as a search under a budget measures on. */
  static final int BATCHES = 8;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "A quantized ONNX file with a certificate.")
  private Path file = Path.of("");

  @Option(
      names = "--float",
      paramLabel = "MODEL",
      description = {
        "The float file that it was made of. Without it, the one that the certificate names, in the",
        "file's folder or in this one."
      })
  private @Nullable Path model;

  @Mixin private DataOptions data = new DataOptions();

  @Override
  public Integer call() throws IOException {
    data.check();
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    OnnxCertificate certificate =
        OnnxCertificate.of(file)
            .orElseThrow(
                () ->
                    new BadInputException(
                        file
                            + ": has no certificate; 'bitfold quantize --budget' writes one, and"
                            + " 'bitfold compare' measures any two files"));
    HeldOut heldOut =
        new HeldOut(data.describe(), QuantizeCommand.some(data.read(inputs()), BATCHES));
    OnnxCertificate.Check check = OnnxCertificate.verify(file, floats(certificate), heldOut);
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    out.println(check);
    out.flush();
    return check.holds() ? 0 : Bitfold.BOUND_NOT_MET;
  }

  private List<FeedInput> inputs() throws IOException {
    try (OrtFile open = OrtFile.open(file, 1)) {
      return open.inputs();
    }
  }

  private Path floats(OnnxCertificate certificate) throws IOException {
    if (model != null) {
      if (!Files.exists(model)) {
        throw new NoSuchFileException(model.toString());
      }
      return model;
    }
    Path beside = file.resolveSibling(certificate.model());
    if (Files.exists(beside)) {
      return beside;
    }
    Path here = Path.of(certificate.model());
    if (Files.exists(here)) {
      return here;
    }
    throw new BadInputException(
        file
            + ": was made of "
            + certificate.model()
            + ", which is neither beside it nor in this folder; name it with --float");
  }
}
