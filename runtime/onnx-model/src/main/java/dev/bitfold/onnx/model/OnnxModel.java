package dev.bitfold.onnx.model;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.calibration.Progress;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.model.cut.CutGraph;
import dev.bitfold.onnx.model.cut.CutLayer;
import dev.bitfold.onnx.model.cut.CutPoint;
import dev.bitfold.onnx.model.cut.LeftNode;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.prepare.PrepareReport;
import dev.bitfold.onnx.model.prepare.Prepared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A float ONNX file as a model whose layers are its MatMul, Gemm, Conv, ConvTranspose and Gather
 * nodes with constant weights. The file is cut at these nodes; what lies between them runs in ONNX
 * Runtime, as the nodes themselves do.
 *
 * <pre>{@code
 * try (OnnxModel model = OnnxModel.open(Path.of("encoder.onnx"))) {
 *   Quantized<OnnxModel> int8 =
 *       model.plan().calibrate(batches, OnnxModel::forward).smoothQuant().correctBiases().freeze();
 *   OnnxModel.export(int8, Path.of("encoder-int8.onnx"));
 * }
 * }</pre>
 *
 * <p>A batch is a {@code Map<String, INDArray>} with an array for each input of the file. Immutable
 * and safe for concurrent use until it is closed. All models that are made of one share its
 * sessions, and are closed with it.
 */
public final class OnnxModel implements AutoCloseable {
  private final Source source;
  private final Map<String, CutLayer> layers;
  private final Map<String, CutPoint> points;

  /** What a model and all that are rebuilt of it share. */
  record Source(
      Prepared prepared,
      CutGraph graph,
      List<FeedInput> inputs,
      String output,
      Optional<String> mask,
      int threads,
      SeenFeeds seen) {
    String name() {
      return prepared.original().name();
    }

    void check(Map<String, INDArray> feed) {
      new FeedCheck(name(), inputs).check(feed);
    }
  }

  private OnnxModel(Source source, Map<String, CutLayer> layers, Map<String, CutPoint> points) {
    this.source = source;
    this.layers = Collections.unmodifiableMap(layers);
    this.points = Collections.unmodifiableMap(points);
  }

  OnnxModel(Source source) {
    this(source, source.graph().layers(), source.graph().points());
  }

  /**
   * Opens a file as it is.
   *
   * @throws OnnxException if it is damaged, quantized already or not an ONNX file, or ONNX Runtime
   *     is absent or does not take it
   * @throws IOException if it cannot be read
   */
  public static OnnxModel open(Path file) throws IOException {
    return from(file).open();
  }

  /** Begins to open a file. */
  public static OnnxModelBuilder from(Path file) {
    return OnnxModelBuilder.of(file);
  }

  /**
   * Begins to open a model from memory.
   *
   * @param bytes of a file; not copied before {@link OnnxModelBuilder#open}
   */
  public static OnnxModelBuilder from(byte[] bytes) {
    return OnnxModelBuilder.of("the model", bytes);
  }

  /**
   * Begins to open a resource of the class path.
   *
   * @param beside the class whose loader and package find the resource
   * @param resource as {@link Class#getResource} takes it
   */
  public static OnnxModelBuilder from(Class<?> beside, String resource) {
    return OnnxModelBuilder.of(beside, resource);
  }

  private static OnnxModel rebuild(OnnxModel model, Walk walk) {
    Map<String, CutLayer> rebuilt = new LinkedHashMap<>();
    model.layers.forEach(
        (path, layer) ->
            rebuilt.put(path, walk.visit(path, layer, Component.<CutLayer>layer(layer.type()))));
    Map<String, CutPoint> quantized = new LinkedHashMap<>();
    model.points.forEach(
        (path, point) ->
            quantized.put(path, walk.visit(path, point, Component.<CutPoint>layer(point.type()))));
    return new OnnxModel(model.source, rebuilt, quantized);
  }

  /** Returns how the model is rebuilt with other layers, for engines. */
  public static Component<OnnxModel> component() {
    return Component.model(OnnxModel.class, OnnxModel::rebuild);
  }

  /** Returns what was changed in the file before layers were looked for. */
  public PrepareReport preparation() {
    return source.prepared().report();
  }

  /** Returns the inputs that a batch holds an array for, in the file's order. */
  public List<FeedInput> inputs() {
    return source.inputs();
  }

  /** Returns the names of the outputs, in the file's order. */
  public List<String> outputs() {
    return source.graph().outputs();
  }

  /** Returns the layers, in the order of the graph. */
  public List<OnnxLayer> layers() {
    List<OnnxLayer> all = new ArrayList<>();
    for (CutLayer layer : source.graph().layers().values()) {
      List<Long> shape = new ArrayList<>();
      for (long size : layer.weight().shape()) {
        shape.add(size);
      }
      all.add(
          new OnnxLayer(
              layer.found().path(),
              layer.found().operator(),
              layer.found().nodeNames().stream().map(source.prepared()::originalName).toList(),
              shape,
              layer.found().letters().weight(),
              layer.found().letters().input()));
    }
    return all;
  }

  /**
   * Returns the tensors between operators that can be quantized, in the order of the graph; none
   * unless the model was opened with {@link OnnxModelBuilder#points}.
   */
  public List<OnnxPoint> points() {
    return source.graph().points().values().stream()
        .map(CutPoint::found)
        .map(point -> new OnnxPoint(point.path(), point.value(), point.operator()))
        .toList();
  }

  /**
   * Returns every other node that multiplies by weights or holds nodes that do, and why it stays
   * float.
   */
  public List<LeftNode> left() {
    return source.graph().left();
  }

  /**
   * Runs the model. Where it is calibrated, positions that its {@linkplain OnnxModelBuilder#mask
   * mask} pads are left out.
   *
   * @param feed an array for each input, by its name
   * @return the outputs by name, those that are tensors
   * @throws OnnxException if an input is missing, not the file's, of another type or shape, or
   *     holds NaN, or if the model was closed
   */
  public Map<String, INDArray> run(Map<String, INDArray> feed) {
    source.check(feed);
    return source
        .mask()
        .map(mask -> Objects.requireNonNull(feed.get(mask)))
        .map(mask -> PaddingMask.whereItFits(mask, () -> whole(feed)))
        .orElseGet(() -> whole(feed));
  }

  private Map<String, INDArray> whole(Map<String, INDArray> feed) {
    return source.graph().run(layers, points, feed);
  }

  /**
   * Runs the model, for {@link Plan#calibrate}: {@code OnnxModel::forward}.
   *
   * @return the output that the model is judged by
   */
  public INDArray forward(Map<String, INDArray> feed) {
    INDArray output = Objects.requireNonNull(run(feed).get(source.output()));
    source.seen().add(feed);
    return output;
  }

  /**
   * Returns the default plan: static affine uint8 inputs, int8 weights with a scale per output
   * channel, SmoothQuant with a searched alpha, uint8 tables with a scale per column. The amax of
   * weights is that of {@link OnnxQdq#nonSaturating}, with which a CPU without VNNI computes the
   * same; those of ConvTranspose, which ONNX Runtime computes with floats, have their full range.
   * {@code plan.withWeightAmax(WeightAmax.ofDescriptor())} leaves all of them their full range. In
   * a model {@linkplain OnnxModelBuilder#points with points}, inputs and points clip above the
   * 99.99th percentile, and nothing is smoothed.
   *
   * @throws OnnxException if the file has no layer; the message has the reason of each node
   */
  public Plan<OnnxModel> plan() {
    if (layers.isEmpty()) {
      List<LeftNode> left = left();
      throw new OnnxException(
          source.name(),
          "has no layer to quantize: "
              + (left.isEmpty()
                  ? "no node multiplies by weights"
                  : left.stream().map(LeftNode::toString).collect(Collectors.joining("; "))));
    }
    Set<String> floats = new HashSet<>();
    for (CutLayer layer : layers.values()) {
      if (layer.found().operator().equals("ConvTranspose")) {
        floats.add(layer.weightPath());
      }
    }
    return Plan.of(this, component()).withWeightAmax(new DefaultAmax(floats));
  }

  /**
   * Loads what {@link Quantized#save} wrote of this model.
   *
   * @throws dev.bitfold.storage.StateFileException if the file is damaged or of another model
   * @throws IOException if it cannot be read
   */
  public Quantized<OnnxModel> load(Path file) throws IOException {
    return Quantized.load(this, component(), file);
  }

  /**
   * Exports a quantized model with {@link OnnxOptions#DEFAULT}: proved on the first batches that
   * the model has seen, as in calibration; on random data if it has seen none.
   */
  public static OnnxQdq.Exported export(Quantized<OnnxModel> quantized, Path out)
      throws IOException {
    return export(quantized, out, OnnxOptions.DEFAULT);
  }

  /**
   * Writes a quantized model as an ONNX file in QDQ form. Smoothing is folded into the node that
   * makes an input wherever that is exact.
   *
   * <p>The proof has three parts, and {@link dev.bitfold.onnx.proof.OnnxProof#skipped} skips them
   * all: the cut float model computes what the whole file does, to 1e-5 of an output's largest
   * magnitude; each quantized layer of the written file computes what Bitfold's does; and the
   * written file's outputs are those of the quantized model. The float file that is read here was
   * compared with the original when it was opened.
   *
   * @param options a proof other than the default's is used as it is
   * @throws OnnxException as {@link OnnxQdq#export}
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   */
  public static OnnxQdq.Exported export(
      Quantized<OnnxModel> quantized, Path out, OnnxOptions options) throws IOException {
    return OnnxModelExport.write(quantized, out, options);
  }

  /**
   * Searches what stays float under a budget, and measures the result. What each quantizer does to
   * the output is measured alone, on the first batches that were calibrated on, and the time of
   * each node as float and on integers with ONNX Runtime's profile; a solver chooses; the chosen
   * file is run in turns with the float file, and where it is slower or worse than predicted,
   * another is chosen. The calibration is of a model {@linkplain OnnxModelBuilder#points with
   * points}, without smoothing: a point would be scaled by what is folded through it.
   *
   * @param heldOut data to measure on, of the kind that was calibrated on
   * @throws IllegalArgumentException if the calibration is smoothed
   * @throws OnnxException if ONNX Runtime does not take a file
   * @throws IOException if no temporary file can be written
   */
  public static OnnxSearch within(
      Calibration<OnnxModel> calibration,
      OnnxBudget budget,
      HeldOut heldOut,
      Progress.Listener listener)
      throws IOException {
    return BudgetRun.of(calibration, budget, heldOut, null).search(listener);
  }

  /**
   * Searches as above, and writes each file that is better than those before.
   *
   * @param soFar the file, which is there even if the search is interrupted; it has a certificate
   *     and is not proved
   * @throws IOException if it cannot be written, too
   */
  public static OnnxSearch within(
      Calibration<OnnxModel> calibration,
      OnnxBudget budget,
      HeldOut heldOut,
      Progress.Listener listener,
      Path soFar)
      throws IOException {
    return BudgetRun.of(calibration, budget, heldOut, soFar).search(listener);
  }

  /** Returns the float model that this one was rebuilt of. */
  OnnxModel floatModel() {
    return new OnnxModel(source);
  }

  Source source() {
    return source;
  }

  /** Closes all sessions; waits for what runs. What was computed stays. */
  @Override
  public void close() {
    source.graph().close();
  }
}
