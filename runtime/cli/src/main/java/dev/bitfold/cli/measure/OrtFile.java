package dev.bitfold.cli.measure;

import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.session.RuntimeValue;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import dev.bitfold.onnx.session.ValueType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An ONNX file in a session of ONNX Runtime with the optimizer on. To be closed. */
public final class OrtFile implements AutoCloseable {
  private final Path path;
  private final Session session;
  private final List<FeedInput> inputs;
  private final Set<String> perToken;

  private OrtFile(Path path, Session session) {
    this.path = path;
    this.session = session;
    List<FeedInput> all = new ArrayList<>();
    for (ValueType input : session.inputs()) {
      if (input.arrays() == DataType.UNKNOWN) {
        session.close();
        throw new BadInputException(
            path + ": its input '" + input.name() + "' takes no numbers: " + input.typeName());
      }
      all.add(new FeedInput(input.name(), input.arrays(), input.sizes()));
    }
    this.inputs = List.copyOf(all);
    this.perToken =
        session.outputs().stream()
            .filter(OrtFile::isPerToken)
            .map(ValueType::name)
            .collect(Collectors.toSet());
  }

  /** As the longer method, without settings. */
  public static OrtFile open(Path path, int threads) throws IOException {
    return open(path, threads, Map.of());
  }

  /**
   * Opens a file.
   *
   * @param threads for each operator
   * @param settings entries of the session's configuration
   * @throws BadInputException if ONNX Runtime does not take the file
   * @throws IOException if there is no such file
   */
  public static OrtFile open(Path path, int threads, Map<String, String> settings)
      throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Files.isDirectory(path)) {
      throw new BadInputException(path + ": is a folder, not an ONNX file");
    }
    try {
      Settings all = Settings.DEFAULT.withThreads(threads).with(settings);
      return new OrtFile(path, Session.open(path, all));
    } catch (SessionException e) {
      throw new BadInputException(
          path + ": ONNX Runtime cannot open it: " + firstLine(e.getMessage()), e);
    }
  }

  private static boolean isPerToken(ValueType output) {
    return output.axes().size() >= 2
        ? output.axes().get(1).size() == ValueType.OPEN
        : output.elementType() != 0;
  }

  /** Returns what must be fed. */
  public List<FeedInput> inputs() {
    return inputs;
  }

  Path path() {
    return path;
  }

  /** Runs the file; of the arrays, those that it takes are fed. */
  Map<String, Output> run(Map<String, INDArray> feed) {
    Map<String, Output> outputs = new LinkedHashMap<>();
    try {
      session.run(
          feed,
          (name, value) -> {
            if (value.isFloats() || value.isIntegers()) {
              boolean tokens = perToken.contains(name);
              outputs.put(
                  name, new Output(value.shape(), value.doubles(), tokens, value.isIntegers()));
            }
          });
      return outputs;
    } catch (SessionException e) {
      throw failed(e);
    }
  }

  /** Makes values of those arrays that the file takes; the caller closes them. */
  Map<String, RuntimeValue> values(Map<String, INDArray> feed) {
    try {
      return session.values(feed);
    } catch (SessionException e) {
      throw failed(e);
    }
  }

  /** Runs the file and returns the time that it took, in nanoseconds. */
  long time(Map<String, RuntimeValue> values) {
    long start = System.nanoTime();
    try {
      Map<String, RuntimeValue> outputs = session.run(values);
      long time = System.nanoTime() - start;
      outputs.values().forEach(RuntimeValue::close);
      return time;
    } catch (SessionException e) {
      throw failed(e);
    }
  }

  private BadInputException failed(SessionException e) {
    return new BadInputException(
        path + ": ONNX Runtime cannot run it: " + firstLine(e.getMessage()), e);
  }

  private static String firstLine(@org.jspecify.annotations.Nullable String message) {
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    session.close();
  }
}
