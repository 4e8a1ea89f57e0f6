package dev.bitfold.processor;

import dev.bitfold.Plan;
import dev.bitfold.annotations.Quantize;
import java.io.File;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds what users compile against: ND4J and Bitfold, without the other libraries of the tests.
 * javac lists every jar of its class path again for each compilation, so a short class path saves a
 * third of the suite's time.
 */
final class UsersClassPath {
  private UsersClassPath() {}

  /** Bitfold and ND4J, and a folder of ONNX files with what the generated code for them needs. */
  static List<File> files() {
    return Stream.concat(
            of(Quantize.class, INDArray.class, Plan.class).stream(), Stream.of(OnnxFolder.get()))
        .toList();
  }

  static String text() {
    return text(files());
  }

  static String withoutOnnx() {
    return text(of(Quantize.class, INDArray.class, Plan.class));
  }

  static String withoutRuntime() {
    return text(of(Quantize.class, INDArray.class));
  }

  private static String text(List<File> files) {
    return files.stream().map(File::toString).collect(Collectors.joining(File.pathSeparator));
  }

  /** The jars or folders that classes come from. */
  private static List<File> of(Class<?>... classes) {
    return Stream.of(classes)
        .map(c -> c.getProtectionDomain().getCodeSource().getLocation())
        .map(location -> new File(URI.create(location.toString())))
        .toList();
  }
}
