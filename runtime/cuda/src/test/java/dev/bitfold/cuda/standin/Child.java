package dev.bitfold.cuda.standin;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Another JVM with the tests' class path. */
public final class Child {
  private Child() {}

  /** What it printed. */
  public record Result(int code, List<String> out, List<String> err) {}

  /** Runs a class. */
  public static Result java(List<String> options, List<String> classAndArguments)
      throws IOException, InterruptedException {
    return java(options, classAndArguments, Map.of());
  }

  /**
   * Runs a class.
   *
   * @param environment what is other than in this process
   */
  public static Result java(
      List<String> options, List<String> classAndArguments, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(classAndArguments);
    File out = File.createTempFile("child", ".out");
    File err = File.createTempFile("child", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out).redirectError(err);
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException("still running after two minutes: " + command);
      }
      return new Result(
          process.exitValue(), Files.readAllLines(out.toPath()), Files.readAllLines(err.toPath()));
    } finally {
      Files.delete(out.toPath());
      Files.delete(err.toPath());
    }
  }
}
