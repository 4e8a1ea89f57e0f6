package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.SessionException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Brings a float ONNX file into the form that layers are found in. Inputs that are bound, and
 * weights that are inputs as well, become constants; ONNX Runtime folds what depends on constants
 * alone; opsets before 13 are raised; factors, sums and norms behind a convolution are folded into
 * it; every node has a name of its own.
 *
 * <p>The prepared file is compared with the original in ONNX Runtime on random data. A pass that
 * changes an output by more than 1e-5 of its largest magnitude is left out, and the report names
 * it.
 */
public final class Preparation {
  static final List<Pass> PASSES = passes(HardSigmoids::behindConvolutions);
  private static final List<Pass> FOR_INTEGERS = passes(HardSigmoids::everywhere);

  private static List<Pass> passes(Pass.Step sigmoids) {
    return List.of(
        Pass.of("ONNX Runtime's basic optimization", BasicOptimization::of),
        Pass.of("raising the opset", RaisedOpset::of),
        Pass.of("writing out HardSigmoid", sigmoids),
        Pass.of("merging constant factors", FactorChains::of),
        Pass.of("folding into convolutions", ConvolutionFolds::of),
        Pass.of("removing domains", UsedDomains::only));
  }

  /**
   * Files with more bytes of weights are given to ONNX Runtime in pieces: that takes half of the
   * time of one message, and a message has at most 2 GiB.
   */
  static final long MAX_WHOLE = 1L << 26;

  private static final String INPUTS = "constants of inputs";

  private final OnnxFile original;
  private final OnnxFile readable;
  private final long maxWhole;
  private final List<Pass> passes;

  private Preparation(OnnxFile original, OnnxFile readable, long maxWhole, List<Pass> passes) {
    this.original = original;
    this.readable = readable;
    this.maxWhole = maxWhole;
    this.passes = passes;
  }

  /**
   * Prepares a file.
   *
   * @param file the original, which is not changed
   * @param bound a value for each input that becomes a constant, by the input's name; it is cast to
   *     the input's type
   * @throws OnnxException if ONNX Runtime does not take the file, an input cannot be bound, or an
   *     operator cannot be brought to a later opset
   * @throws IOException if temporary files cannot be written
   */
  public static Prepared of(OnnxFile file, Map<String, INDArray> bound) throws IOException {
    return of(file, bound, MAX_WHOLE, PASSES);
  }

  /** Prepares a file as above, for operators on 8-bit integers. */
  public static Prepared forIntegers(OnnxFile file, Map<String, INDArray> bound)
      throws IOException {
    return of(file, bound, MAX_WHOLE, FOR_INTEGERS);
  }

  /** As {@link #of}, giving files with more bytes of weights to ONNX Runtime in pieces. */
  static Prepared of(OnnxFile file, Map<String, INDArray> bound, long maxWhole, List<Pass> passes)
      throws IOException {
    List<TensorProto> values = GraphInputs.values(file, bound);
    OnnxFile readable = RaisedOpset.readable(file);
    try (PreparationProof proof = PreparationProof.of(readable, values, maxWhole)) {
      return new Preparation(file, readable, maxWhole, passes).prepare(values, proof);
    } catch (SessionException e) {
      throw BasicOptimization.refused(file, e);
    }
  }

  private Prepared prepare(List<TensorProto> values, PreparationProof proof) throws IOException {
    Map<String, String> leftOut = new LinkedHashMap<>();
    while (true) {
      Changes changes = new Changes(original, maxWhole);
      Map<String, OnnxFile> steps = new LinkedHashMap<>();
      OnnxFile file = GraphInputs.close(readable, values, changes);
      steps.put(INPUTS, file);
      for (Pass pass : passes) {
        if (!leftOut.containsKey(pass.name())) {
          file = pass.apply(file, changes);
          steps.put(pass.name(), file);
        }
      }
      if (proof.differs(file).isEmpty()) {
        return prepared(file, changes, leftOut, proof);
      }
      // Empty if the data on which the file differed were replaced meanwhile.
      Optional<Map.Entry<String, String>> culprit = culprit(steps, proof);
      if (culprit.isPresent() && culprit.get().getKey().equals(INPUTS)) {
        throw new OnnxException(
            original.name(),
            "cannot be prepared: with its weights as constants, " + culprit.get().getValue());
      }
      culprit.ifPresent(pass -> leftOut.put(pass.getKey(), pass.getValue()));
    }
  }

  /** The first pass behind which the file differs, and how. */
  private static Optional<Map.Entry<String, String>> culprit(
      Map<String, OnnxFile> steps, PreparationProof proof) {
    for (Map.Entry<String, OnnxFile> step : steps.entrySet()) {
      Optional<String> differs = proof.differs(step.getValue());
      if (differs.isPresent()) {
        return Optional.of(Map.entry(step.getKey(), differs.get()));
      }
    }
    return Optional.empty();
  }

  private Prepared prepared(
      OnnxFile file, Changes changes, Map<String, String> leftOut, PreparationProof proof) {
    leftOut.forEach(
        (pass, why) ->
            changes.note("left out, as it changes the outputs (" + why + ")", List.of(pass)));
    String proved =
        proof
            .unproved()
            .map(why -> "not compared with the original on random data: " + why)
            .orElse("agrees with the original on random data, to 1e-5 of each output's range");
    return new Prepared(original, file, changes.report(file, proved), changes.names().of(file));
  }
}
