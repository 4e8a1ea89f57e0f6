package dev.bitfold.cli;

import dev.bitfold.descriptor.BitfoldException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Looks into state files and models. Exits with 0, 1 where files differ, 2 on bad input. */
@Command(
    name = "bitfold",
    mixinStandardHelpOptions = true,
    version = "bitfold 0.1.0-SNAPSHOT",
    description = "Looks into the files of quantized models.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:Done; no difference.", "1:The files differ.", "2:Bad options or files."},
    subcommands = {Inspect.class, Diff.class, OnnxInfoCommand.class})
public final class Bitfold {
  /** What a command exits with where files differ. */
  static final int DIFFERENT = 1;

  private Bitfold() {}

  /** Runs a command and exits. */
  public static void main(String[] args) {
    // What ND4J logs is not of interest here.
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
    System.exit(run(args));
  }

  /** Runs a command; the exit code. */
  static int run(String... args) {
    int code = commandLine().execute(args);
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
              if (exception instanceof IOException io) {
                command.getErr().println("bitfold: " + message(io));
                return CommandLine.ExitCode.USAGE;
              }
              if (exception instanceof BitfoldException ours) {
                command.getErr().println("bitfold: " + ours.getMessage());
                return CommandLine.ExitCode.USAGE;
              }
              throw exception;
            });
  }

  private static String message(IOException exception) {
    return exception instanceof NoSuchFileException
        ? exception.getMessage() + ": there is no such file"
        : String.valueOf(exception.getMessage());
  }
}
