package dev.bitfold.onnx.graph;

import static java.util.Objects.requireNonNull;

import dev.bitfold.Quantized;
import dev.bitfold.calibration.Forward;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.onnx.proof.FloatProof;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.onnx.proof.Prover;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes a Java model that has no ONNX file, step by step, and writes it as one: in float, or
 * quantized in QDQ form. Bitfold cannot see an activation or a sum inside of a Java {@code
 * forward}, so its steps are repeated here, with layers by their paths. The result is proved: the
 * file is run in ONNX Runtime and compared with the model's own {@code forward}, and nothing is
 * written if they differ.
 *
 * <pre>{@code
 * OnnxGraph graph = OnnxGraph.named("mlp");
 * OnnxValue x = graph.input("x", -1, 64);
 * graph.output("y", x.layer("fc1", mlp.fc1()).relu().layer("fc2", mlp.fc2()));
 * graph.export(quantized, Mlp::forward, path);
 * }</pre>
 *
 * <p>Layers are those of the float model, also for a quantized file. The file has opset 17, or the
 * opset that the quantized formats need. Its first axis, if it is open, is named {@code batch}. For
 * one thread.
 */
public final class OnnxGraph {
  private static final String REMEDY =
      "Layers compute what their classes do, so compare what stands between them with the model's"
          + " forward: an activation, a residual, the order of axes";

  private final Steps steps;
  private final ReadyMade layers;

  private OnnxGraph(String name) {
    this.steps = new Steps(name);
    this.layers = new ReadyMade(steps);
  }

  /**
   * Starts a graph.
   *
   * @param name the name in the file and in messages
   */
  public static OnnxGraph named(String name) {
    return new OnnxGraph(name);
  }

  Steps steps() {
    return steps;
  }

  ReadyMade layers() {
    return layers;
  }

  OnnxValue number(double value) {
    float number = (float) value;
    return new OnnxValue(
        this, steps.constant(Tensors.of("number " + number, new float[] {number})), false);
  }

  /**
   * Adds an input of floats.
   *
   * @param name the name under which it is fed
   * @param shape the shape, with -1 for open sizes
   * @throws OnnxException if the name is taken, or a size is neither positive nor -1
   */
  public OnnxValue input(String name, long... shape) {
    return input(new OnnxValue(this, name, false, shape));
  }

  /** Adds an input of 64-bit integers, such as the ids that an Embedding looks up. */
  public OnnxValue indices(String name, long... shape) {
    return input(new OnnxValue(this, name, true, shape));
  }

  private OnnxValue input(OnnxValue value) {
    for (long size : value.shape()) {
      if (size < 1 && size != Sizes.OPEN) {
        throw steps.bad("has an input " + value + "; sizes are positive, or -1 where open");
      }
    }
    steps.input(value);
    return value;
  }

  /**
   * Adds a constant of floats, such as a table of positions.
   *
   * @param name the name in the file
   * @throws OnnxException if the name is taken
   */
  public OnnxValue constant(String name, INDArray values) {
    String held = steps.fresh(name);
    if (!held.equals(name)) {
      throw steps.bad("has no room for a constant \"" + name + "\": the name is taken");
    }
    return new OnnxValue(this, steps.constant(name, values, values.shape()), false, values.shape());
  }

  /**
   * Makes a value an output.
   *
   * @throws OnnxException if the name is taken
   */
  public void output(String name, OnnxValue value) {
    steps.output(name, value);
  }

  /**
   * Returns the float model, unproved.
   *
   * @throws OnnxException if the graph has no input or no output yet
   */
  public OnnxWeights weights() {
    return OnnxWeights.of(steps.name(), steps.model().toByteArray());
  }

  /** Returns which nodes compute which layers. */
  public OnnxMapping mapping() {
    return layers.described().mapping();
  }

  /**
   * Writes the float model, proved on random data. For a model of one input and one output.
   *
   * @param forward the forward of the model itself
   * @throws OnnxException if the file does not compute what the model computes; nothing is written
   *     then
   * @throws IOException if the file cannot be written
   */
  public <M> OnnxQdq.Exported write(M model, Forward<? super M, INDArray> forward, Path out)
      throws IOException {
    return write(OnnxProof.random().against(outputs(model, forward)), out);
  }

  /**
   * Writes the float model.
   *
   * @param proof a proof against the float model's outputs, or a skipped proof
   * @throws OnnxException as {@link #write(Object, Forward, Path)} does, and if the proof is
   *     against nothing
   * @throws IOException if it cannot be written
   */
  public OnnxQdq.Exported write(OnnxProof proof, Path out) throws IOException {
    requireAgainst(proof);
    OnnxWeights weights = weights();
    Prover.requireRuntime(steps.name(), proof);
    ProofResult result = FloatProof.prove(weights.file(), proof, REMEDY);
    byte[] bytes = weights.file().model().toByteArray();
    OnnxFile.write(out, bytes);
    return new OnnxQdq.Exported(Steps.OPSET, bytes.length, result, List.of(), Map.of());
  }

  /**
   * Writes the quantized model, proved on random data. For a model of one input and one output.
   *
   * @param forward the forward of the model itself
   * @throws OnnxException as {@link OnnxQdq#export} does, and if a step is not what the model
   *     computes
   * @throws IOException if it cannot be written
   */
  public <M> OnnxQdq.Exported export(
      Quantized<M> quantized, Forward<? super M, INDArray> forward, Path out) throws IOException {
    return export(quantized, forward, OnnxOptions.DEFAULT, out);
  }

  /**
   * Writes the quantized model with options. For a model of one input and one output.
   *
   * @param options the options; a proof that is against nothing becomes a proof against the model
   * @throws OnnxException as {@link OnnxQdq#export} does, and if a step is not what the model
   *     computes
   * @throws IOException if it cannot be written
   */
  public <M> OnnxQdq.Exported export(
      Quantized<M> quantized, Forward<? super M, INDArray> forward, OnnxOptions options, Path out)
      throws IOException {
    OnnxProof proof = against(options.proof(), outputs(quantized.model(), forward));
    return export(quantized, options.withProof(proof), out);
  }

  /**
   * Writes the quantized model with options.
   *
   * @param options options with a proof against the quantized model's outputs, or with a skipped
   *     proof
   * @throws OnnxException as {@link OnnxQdq#export} does, if a step is not what the model computes,
   *     and if the proof is against nothing
   * @throws IOException if it cannot be written
   */
  public OnnxQdq.Exported export(Quantized<?> quantized, OnnxOptions options, Path out)
      throws IOException {
    requireAgainst(options.proof());
    return OnnxQdq.export(weights(), quantized, mapping().within(quantized), out, options);
  }

  private static OnnxProof against(
      OnnxProof proof, Function<Map<String, INDArray>, Map<String, INDArray>> outputs) {
    if (proof.model().isPresent()) {
      return proof;
    }
    if (proof instanceof OnnxProof.OnRandom random) {
      return random.against(outputs);
    }
    return proof instanceof OnnxProof.OnFeeds feeds ? feeds.against(outputs) : proof;
  }

  private void requireAgainst(OnnxProof proof) {
    if (proof.model().isEmpty() && !(proof instanceof OnnxProof.Skipped)) {
      throw steps.bad(
          "is described, and only the model's own outputs can tell whether it is right: give the"
              + " proof those, with OnnxProof.random().against(feed -> Map.of(\"output\", …)), or"
              + " give the method the model's forward");
    }
  }

  private <M> Function<Map<String, INDArray>, Map<String, INDArray>> outputs(
      M model, Forward<? super M, INDArray> forward) {
    if (steps.inputs().size() != 1 || steps.outputs().size() != 1) {
      throw steps.bad(
          "has the inputs "
              + steps.inputs()
              + " and the outputs "
              + steps.outputs()
              + ", and a forward alone does for one of each; say what they are:"
              + " OnnxProof.random().against(feed -> Map.of(\"output\", …))");
    }
    String input = steps.inputs().get(0);
    String output = steps.outputs().get(0);
    return feed -> Map.of(output, run(model, forward, requireNonNull(feed.get(input), input)));
  }

  private <M> INDArray run(M model, Forward<? super M, INDArray> forward, INDArray x) {
    try {
      return forward.run(model, x);
    } catch (Exception e) {
      throw new OnnxException(
          steps.name(),
          "cannot be proved: the model's forward does not take "
              + java.util.Arrays.toString(x.shape())
              + ": "
              + e.getMessage()
              + "; give the proof data that it takes: OnnxProof.on(feeds)",
          e);
    }
  }
}
