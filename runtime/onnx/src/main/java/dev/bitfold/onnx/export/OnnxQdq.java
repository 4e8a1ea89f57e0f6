package dev.bitfold.onnx.export;

import dev.bitfold.Quantized;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.file.OpsetRaise;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.onnx.proof.Prover;
import dev.bitfold.onnx.proof.Reference;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import onnx.Onnx.ModelProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a quantized model as an ONNX model in QDQ form: the float model's file with QuantizeLinear
 * and DequantizeLinear around the nodes that compute its layers.
 */
public final class OnnxQdq {
  private static final Logger LOG = LoggerFactory.getLogger(OnnxQdq.class);

  private static final QuantDescriptor TABLE =
      QuantDescriptor.builder().bits(8).unsigned(true).affine(true).axis(1).build();

  private OnnxQdq() {}

  /**
   * Describes the written file.
   *
   * @param opset the version of ONNX's operators that the file needs
   * @param bytes the size of the file
   * @param proof the proof that the file computes what the quantized model computes, or the reason
   *     why there is none
   * @param dynamic the paths of inputs whose scale each run computes from the whole tensor. If
   *     there are any, the output for a row depends on the rest of its batch and on padding
   * @param settings the entries that a session's configuration must have for the file to compute
   *     what the quantized model computes ({@code SessionOptions.addConfigEntry}); empty if any
   *     session does
   */
  public record Exported(
      long opset,
      long bytes,
      ProofResult proof,
      List<String> dynamic,
      Map<String, String> settings) {
    /** Copies the collections, keeping their order. */
    public Exported {
      dynamic = List.copyOf(dynamic);
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /**
   * Exports a quantized model from a file with {@link OnnxOptions#DEFAULT}, as the longer method
   * does.
   */
  public static Exported export(
      Path original, Quantized<?> quantized, OnnxMapping mapping, Path out) throws IOException {
    return export(OnnxWeights.open(original), quantized, mapping, out, OnnxOptions.DEFAULT);
  }

  /**
   * Exports a quantized model, and proves the file before it is written: ONNX Runtime, with its
   * optimizer on, must compute from one quantized value to the next what Bitfold's layers do.
   *
   * @param original the float model that the quantized one was made from, of opset 11 or later
   * @param quantized the model: static inputs and outputs of int8, uint8 or FP8 with one scale;
   *     weights of integers of up to 8 bits or FP8, with one scale, one per channel or in blocks
   * @param mapping the nodes of every quantized layer
   * @param out the file to write, whole or not at all
   * @throws OnnxException if the file is another model or does not have the mapped nodes, or if
   *     ONNX has no operators for the quantization of a layer; the message names layer and node.
   *     Also if the proof fails, in which case the message names the first node that differs, or if
   *     no proof is possible
   * @throws IOException if the file cannot be written; a file that was there before is then
   *     unchanged
   */
  public static Exported export(
      OnnxWeights original,
      Quantized<?> quantized,
      OnnxMapping mapping,
      Path out,
      OnnxOptions options)
      throws IOException {
    return export(original, quantized, mapping, out, options, UnaryOperator.identity());
  }

  /**
   * Exports a model as above.
   *
   * @param damage a change that a test makes to the model before it is proved
   */
  static Exported export(
      OnnxWeights original,
      Quantized<?> quantized,
      OnnxMapping mapping,
      Path out,
      OnnxOptions options,
      UnaryOperator<ModelProto> damage)
      throws IOException {
    Prover.requireRuntime(original.name(), options.proof());
    QdqExport export = new QdqExport(original.file(), quantized, mapping, options);
    ModelProto model;
    Reference reference;
    try {
      reference = export.expected();
      model = damage.apply(export.written());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new OnnxException(original.name(), String.valueOf(e.getMessage()), e);
    }
    byte[] bytes = model.toByteArray();
    SessionSettings settings = export.sessionSettings();
    ProofResult proof =
        Prover.prove(original.name(), bytes, model, reference, options.proof(), settings.entries());
    OnnxFile.write(out, bytes);
    if (proof instanceof ProofResult.Proved proved) {
      proved.rounding().ifPresent(rounding -> LOG.warn("{}: {}", out.getFileName(), rounding));
    }
    if (!settings.entries().isEmpty()) {
      LOG.warn(
          "{}: a session needs {}, which exported.settings() holds for"
              + " SessionOptions.addConfigEntry; without, {}",
          out.getFileName(),
          settings.inWords(),
          settings.otherwise());
    }
    List<String> dynamic = export.dynamic();
    if (!dynamic.isEmpty()) {
      LOG.warn(
          "{}: {} of its inputs have dynamic scales, so that what it gives for a row depends on the"
              + " rest of the batch and on padding; calibrated (static) scales do not",
          out.getFileName(),
          dynamic.size());
    }
    return new Exported(
        OpsetRaise.of(original.name(), model), bytes.length, proof, dynamic, settings.entries());
  }

  /**
   * Returns the quantizer for a table of embeddings that {@link OnnxOptions#withEmbeddings} names:
   * uint8 with a scale and a zero point for each column, from a range that contains 0.
   *
   * @param table [rows, columns]
   */
  public static Quantizer embeddingQuantizer(INDArray table) {
    INDArray low = table.min(0);
    INDArray high = table.max(0);
    long columns = table.size(1);
    float[] min = DenseFloats.of(low, "minima").copy();
    float[] max = DenseFloats.of(high, "maxima").copy();
    for (int c = 0; c < columns; c++) {
      min[c] = Math.min(0, min[c]);
      max[c] = Math.max(min[c] == 0 && max[c] <= 0 ? 1 : 0, max[c]);
    }
    return Quantizer.of(TABLE, Layout.UNKNOWN)
        .withRange(DenseFloats.array(min, columns), DenseFloats.array(max, columns));
  }

  /**
   * Returns a rule for {@link dev.bitfold.Calibration#weightAmax} that gives each output channel of
   * a weight an amax with which products of uint8 and int8 do not saturate on x86 CPUs without
   * VNNI. These CPUs add the products of two adjacent input channels (VPMADDUBSW) in 16 bits, so
   * the codes of two adjacent channels may together be at most 128. This costs a fraction of the
   * one bit that {@link OnnxOptions#withReducedRange} takes, because the largest weights are seldom
   * adjacent. The rule is for int8 descriptors that keep {@code O}; the weight's layout tells which
   * axis that is.
   */
  public static WeightAmax nonSaturating() {
    return new NonSaturating();
  }

  /**
   * Returns the same amax for a weight [in, out] that is not square.
   *
   * @throws IllegalArgumentException if it is square, as its axes cannot be told apart
   * @deprecated a weight alone does not say which axis holds its output channels; {@link
   *     #nonSaturating} goes by its layout: {@code calibration.weightAmax(OnnxQdq.nonSaturating())}
   */
  @Deprecated
  public static float[] nonSaturatingAmax(INDArray weight) {
    if (weight.rank() != 2 || weight.size(0) == weight.size(1)) {
      throw new IllegalArgumentException(
          "a weight of shape "
              + java.util.Arrays.toString(weight.shape())
              + " does not say which axis holds its output channels; its layout does:"
              + " calibration.weightAmax(OnnxQdq.nonSaturating())");
    }
    return DenseFloats.of(nonSaturating().of("a weight", weight, new Layout("IO")), "amax").copy();
  }
}
