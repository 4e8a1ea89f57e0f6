package dev.bitfold.cuda.blas;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Builds the stand-in for cuBLAS, linked with that for the driver, and queries it. */
final class CublasStandIn {
  private static final Path SOURCE = Path.of("src", "test", "cpp-blas", "cublas.cpp");

  /** Its file's name. */
  static final String NAME = "libcublas-standin.so";

  private CublasStandIn() {}

  /** The stand-in's own functions. */
  interface Controls extends Library {
    /** A number: handles, products. */
    long blas_get(String name);

    /** Has the next create, or the next product, fail. */
    void blas_fail(String call, int status);
  }

  /** Compiles it into a directory. */
  static Path build(Path directory) throws IOException, InterruptedException {
    Path library = directory.resolve(NAME);
    Process process =
        new ProcessBuilder(
                List.of(
                    "g++",
                    "-std=c++17",
                    "-O1",
                    "-fPIC",
                    "-shared",
                    "-Wall",
                    "-Wextra",
                    "-Werror",
                    "-o",
                    library.toString(),
                    SOURCE.toString(),
                    System.getProperty("bitfold.cuda.driver", "")))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("g++.log").toFile())
            .start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(directory.resolve("g++.log")));
    }
    return library;
  }

  static Controls controls(Path library) {
    return Native.load(library.toString(), Controls.class);
  }
}
