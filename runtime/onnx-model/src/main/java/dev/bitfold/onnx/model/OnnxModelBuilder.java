package dev.bitfold.onnx.model;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.cut.CutGraph;
import dev.bitfold.onnx.model.cut.FloatOnly;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.prepare.Preparation;
import dev.bitfold.onnx.model.prepare.Prepared;
import dev.bitfold.onnx.session.RuntimeThere;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Says what is opened, and how. For one thread. */
public final class OnnxModelBuilder {
  private static final String MASK = "attention_mask";

  /** Where a model comes from. */
  @FunctionalInterface
  private interface Reader {
    OnnxWeights read() throws IOException;
  }

  /** Refuses a file before it is read. */
  @FunctionalInterface
  interface Check {
    /** Reads the file's bytes, or some of them. */
    void check(InputStream in) throws IOException;
  }

  private final String name;
  private final Reader reader;
  private final Map<String, INDArray> bound = new LinkedHashMap<>();
  private @Nullable String output;
  private @Nullable String mask;
  private boolean masked = true;
  private boolean points;
  private int threads = Runtime.getRuntime().availableProcessors();

  private OnnxModelBuilder(String name, Reader reader) {
    this.name = name;
    this.reader = reader;
  }

  static OnnxModelBuilder of(Path file) {
    return new OnnxModelBuilder(file.toString(), () -> OnnxWeights.open(file));
  }

  static OnnxModelBuilder of(Path file, Check check) {
    return new OnnxModelBuilder(
        file.toString(),
        () -> {
          try (InputStream in = Files.newInputStream(file)) {
            check.check(in);
          }
          return OnnxWeights.open(file);
        });
  }

  static OnnxModelBuilder of(String name, byte[] bytes) {
    return new OnnxModelBuilder(name, () -> OnnxWeights.of(name, bytes));
  }

  static OnnxModelBuilder of(Class<?> beside, String resource) {
    return of(beside, resource, in -> {});
  }

  static OnnxModelBuilder of(Class<?> beside, String resource, Check check) {
    return new OnnxModelBuilder(
        resource,
        () -> {
          try (InputStream in = beside.getResourceAsStream(resource)) {
            if (in == null) {
              throw new OnnxException(
                  resource, "is not on the class path, seen from " + beside.getName());
            }
            byte[] bytes = in.readAllBytes();
            check.check(new ByteArrayInputStream(bytes));
            return OnnxWeights.of(resource, bytes);
          }
        });
  }

  /**
   * Sets how many threads each session uses; all processors by default.
   *
   * @throws IllegalArgumentException if there is none
   */
  public OnnxModelBuilder threads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " threads; one at least is needed");
    }
    this.threads = count;
    return this;
  }

  /**
   * Fixes an integer input, so that branches that depend on it fold away: {@code bind("sr",
   * 16000L)}. The model then takes no such input.
   */
  public OnnxModelBuilder bind(String input, long value) {
    return bind(input, Nd4j.scalar(value));
  }

  /** Fixes an input, which is cast to its type. */
  public OnnxModelBuilder bind(String input, INDArray value) {
    bound.put(Objects.requireNonNull(input, "input"), Objects.requireNonNull(value, "value"));
    return this;
  }

  /** Sets the output that the model is judged by; the file's first by default. */
  public OnnxModelBuilder output(String judged) {
    this.output = judged;
    return this;
  }

  /**
   * Names the input [batch, length] that is 0 where a position is padding: calibration leaves these
   * positions out of all layers whose inputs are [batch, length, …]. By default, it is the input
   * {@code attention_mask}, if the file has one of that shape.
   */
  public OnnxModelBuilder mask(String input) {
    this.mask = Objects.requireNonNull(input, "input");
    this.masked = true;
    return this;
  }

  /** Lets calibration observe all positions, padded or not. */
  public OnnxModelBuilder withoutMask() {
    this.mask = null;
    this.masked = false;
    return this;
  }

  /**
   * Lets tensors between operators be quantized, too: those that ONNX Runtime's kernels for 8-bit
   * integers yield and read. A Conv is computed on integers only where its output is quantized as
   * well, so this is what makes convolutions fast; it costs accuracy at some of the tensors. Each
   * is a quantizer like any other, and can be skipped.
   */
  public OnnxModelBuilder points() {
    this.points = true;
    return this;
  }

  /**
   * Opens the model.
   *
   * @throws OnnxException if it is damaged, quantized already or not an ONNX file, has no output or
   *     mask of the name, or ONNX Runtime is absent or does not take it
   * @throws IOException if it cannot be read
   */
  public OnnxModel open() throws IOException {
    RuntimeThere.require(name, "is run", "");
    OnnxFile original = reader.read().file();
    FloatOnly.require(original);
    Prepared prepared =
        points ? Preparation.forIntegers(original, bound) : Preparation.of(original, bound);
    List<FeedInput> inputs =
        new Graph(prepared.file()).fedInputs().stream().map(in -> Inputs.of(name, in)).toList();
    CutGraph graph = CutGraph.of(prepared.file(), prepared::originalName, threads, points);
    try {
      return new OnnxModel(
          new OnnxModel.Source(
              prepared,
              graph,
              inputs,
              judged(graph.outputs()),
              Optional.ofNullable(maskOf(inputs)),
              threads,
              new SeenFeeds()));
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  private @Nullable String maskOf(List<FeedInput> inputs) {
    List<String> names = inputs.stream().map(FeedInput::name).toList();
    if (mask == null) {
      return masked && names.contains(MASK) && isMask(inputs.get(names.indexOf(MASK)))
          ? MASK
          : null;
    }
    if (!names.contains(mask)) {
      throw new OnnxException(
          name, "has no input '" + mask + "' for a mask; " + NearestName.question(mask, names));
    }
    FeedInput input = inputs.get(names.indexOf(mask));
    if (!isMask(input)) {
      throw new OnnxException(
          name, "takes the input " + input + ", which is no padding mask [batch, length]");
    }
    return mask;
  }

  private static boolean isMask(FeedInput input) {
    return input.shape().size() == 2;
  }

  private String judged(List<String> outputs) {
    String first = outputs.get(0);
    String wanted = output == null ? first : output;
    if (!outputs.contains(wanted)) {
      throw new OnnxException(
          name, "has no output '" + wanted + "'; " + NearestName.question(wanted, outputs));
    }
    return wanted;
  }
}
