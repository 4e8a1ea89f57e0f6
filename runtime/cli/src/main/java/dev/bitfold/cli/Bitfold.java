package dev.bitfold.cli;

import dev.bitfold.descriptor.BitfoldException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Quantizes and compares ONNX files, and looks into state files and models. Exits with 0, 1 where
 * files differ, 2 on bad input, 3 where a bound is not met.
 */
@Command(
    name = "bitfold",
    mixinStandardHelpOptions = true,
    version = "bitfold 0.1.0-SNAPSHOT",
    description =
        "Quantizes and compares ONNX files, and looks into the files of quantized models.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Done; no difference.",
      "1:The files differ.",
      "2:Bad options, files or data.",
      "3:A bound of --at-least is not met."
    },
    subcommands = {
      QuantizeCommand.class,
      CompareCommand.class,
      VerifyCommand.class,
      Inspect.class,
      Diff.class,
      OnnxInfoCommand.class
    })
public final class Bitfold {
  /** What a command exits with where files differ. */
  static final int DIFFERENT = 1;

  /** What a command exits with where a bound is not met. */
  static final int BOUND_NOT_MET = 3;

  /** ONNX Runtime's binding needs a large stack, which "java -jar" does not give. */
  private static final long STACK_BYTES = 64 << 20;

  private Bitfold() {}

  /** Runs a command and exits. */
  public static void main(String[] args) {
    // What ND4J logs is not of interest here.
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
    // DJL would fetch natives that its jar lacks, and reports its use to its makers.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    Thread thread = new Thread(null, () -> System.exit(run(args)), "bitfold", STACK_BYTES);
    thread.start();
  }

  /** Runs a command; the exit code. */
  static int run(String... args) {
    int code;
    try {
      code = commandLine().execute(args);
    } catch (LinkageError missing) {
      System.err.println(
          "bitfold: this jar cannot run models ("
              + missing
              + "): use bitfold-cli-…-linux-x86_64.jar, or a class path with onnxruntime,"
              + " nd4j-native and tokenizers");
      return CommandLine.ExitCode.USAGE;
    }
    if (System.out.checkError()) {
      System.err.println("bitfold: the output could not be written");
      return CommandLine.ExitCode.USAGE;
    }
    return code;
  }

  /** The program, ready to be executed. */
  static CommandLine commandLine() {
    return new CommandLine(new Bitfold())
        // An argument is a file's name, also if it begins with an @.
        .setExpandAtFiles(false)
        .setExecutionExceptionHandler(
            (exception, command, parsed) -> {
              Optional<String> sentence = sentence(exception);
              if (sentence.isPresent()) {
                command.getErr().println("bitfold: " + sentence.orElseThrow());
                return CommandLine.ExitCode.USAGE;
              }
              throw exception;
            });
  }

  /** Returns what to say of an exception that is not a fault of the program. */
  private static Optional<String> sentence(Throwable exception) {
    if (exception instanceof UncheckedIOException unchecked) {
      return Optional.of(String.valueOf(unchecked.getMessage()));
    }
    if (exception instanceof IOException io) {
      return Optional.of(message(io));
    }
    return exception instanceof BitfoldException ours
        ? Optional.of(String.valueOf(ours.getMessage()))
        : Optional.empty();
  }

  private static String message(IOException exception) {
    return exception instanceof NoSuchFileException
        ? exception.getMessage() + ": there is no such file"
        : String.valueOf(exception.getMessage());
  }
}
