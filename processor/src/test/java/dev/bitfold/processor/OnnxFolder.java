package dev.bitfold.processor;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A folder of the class path with ONNX files, and with the types of {@code bitfold-onnx-model} that
 * generated code names. That module is built after this one, so its types are stand-ins with the
 * same signatures; its own tests compile generated code against the real ones.
 */
final class OnnxFolder {
  private static final Path STAND_INS = Path.of("src/test/resources/onnx-model");
  private static final File FOLDER = make();

  private OnnxFolder() {}

  static File get() {
    return FOLDER;
  }

  private static File make() {
    try {
      Path folder = Files.createDirectories(Path.of("target/onnx-class-path")).toAbsolutePath();
      SmallFiles.writeAll(folder);
      List<String> arguments =
          new ArrayList<>(
              List.of("-proc:none", "-d", folder.toString(), "-cp", UsersClassPath.withoutOnnx()));
      try (Stream<Path> sources = Files.list(STAND_INS)) {
        sources.map(Path::toString).sorted().forEach(arguments::add);
      }
      int failed =
          ToolProvider.getSystemJavaCompiler()
              .run(null, null, null, arguments.toArray(new String[0]));
      if (failed != 0) {
        throw new IllegalStateException("the stand-ins do not compile");
      }
      return folder.toFile();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
