package dev.bitfold.onnx.export;

import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.quantizer.PackedTensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How a quantized model is written. Immutable: each method gives other options.
 *
 * @param signedActivations int8 activations stay int8. Without it they are written as uint8 with
 *     the zero point moved by 128: the same numbers, which x86 CPUs multiply faster
 * @param unsignedWeights int8 weights are written as uint8 with the zero point 128: the same
 *     numbers. x86 CPUs without VNNI multiply u8 × s8 with a sum of two products in 16 bits, which
 *     saturates, and u8 × u8 exactly, but slower. See {@link OnnxQdq#nonSaturating} for another way
 * @param reducedRange weights of 8 bits get 7, from -64 to 63, for CPUs without VNNI, whose u8 × s8
 *     products saturate. The outputs are then no longer those of the quantized model
 * @param cleanShapes what exporters compute of shapes becomes constant where it can, and sizes of
 *     positions those of the sentences, so that the runtime finds its fusions. The outputs stay
 * @param contribOperators MatMulIntegerToFloat of ONNX Runtime's domain {@code com.microsoft} in
 *     place of QuantizeLinear and DequantizeLinear around MatMul: faster, and no other runtime
 *     reads them
 * @param runtimeRounding int8 weights and tables of embeddings have the bytes that ONNX Runtime's
 *     own quantizer ({@code quantize_dynamic}, with symmetric weights) writes. See {@link
 *     #withRuntimeRounding}
 * @param folded the node that takes over the smoothing of a layer's input, by the layer's path
 * @param embeddings Gather nodes whose float32 tables are written as uint8 with a scale per column
 * @param proof what the file is proved on before it is written, or why it is not
 */
public record OnnxOptions(
    boolean signedActivations,
    boolean unsignedWeights,
    boolean reducedRange,
    boolean cleanShapes,
    boolean contribOperators,
    boolean runtimeRounding,
    Map<String, String> folded,
    Set<String> embeddings,
    OnnxProof proof) {
  /** uint8 activations, clean shapes, standard operators only, nothing folded, random proof. */
  public static final OnnxOptions DEFAULT =
      new OnnxOptions(
          false, false, false, true, false, false, Map.of(), Set.of(), OnnxProof.random());

  /** Copies the collections, keeping their order. */
  public OnnxOptions {
    folded = Collections.unmodifiableMap(new LinkedHashMap<>(folded));
    embeddings = Collections.unmodifiableSet(new LinkedHashSet<>(embeddings));
    Objects.requireNonNull(proof, "proof");
  }

  /** With int8 activations left as they are, or not. */
  public OnnxOptions withSignedActivations(boolean signed) {
    return new OnnxOptions(
        signed,
        unsignedWeights,
        reducedRange,
        cleanShapes,
        contribOperators,
        runtimeRounding,
        folded,
        embeddings,
        proof);
  }

  /** With int8 weights written as uint8, or not. */
  public OnnxOptions withUnsignedWeights(boolean unsigned) {
    return new OnnxOptions(
        signedActivations,
        unsigned,
        reducedRange,
        cleanShapes,
        contribOperators,
        runtimeRounding,
        folded,
        embeddings,
        proof);
  }

  /** With weights of 7 bits, or not. */
  public OnnxOptions withReducedRange(boolean reduced) {
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reduced,
        cleanShapes,
        contribOperators,
        runtimeRounding,
        folded,
        embeddings,
        proof);
  }

  /** With clean shapes, or those of the file. */
  public OnnxOptions withCleanShapes(boolean clean) {
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reducedRange,
        clean,
        contribOperators,
        runtimeRounding,
        folded,
        embeddings,
        proof);
  }

  /** With ONNX Runtime's own operators, or not. */
  public OnnxOptions withContribOperators(boolean contrib) {
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reducedRange,
        cleanShapes,
        contrib,
        runtimeRounding,
        folded,
        embeddings,
        proof);
  }

  /**
   * With int8 weights and tables of embeddings rounded as ONNX Runtime's own quantizer rounds them,
   * or not, for a file that must have the same bytes as one of its files. All arithmetic is
   * float32:
   *
   * <ul>
   *   <li>a weight: {@code scale = amax / largest}, {@code code = clamp(round(w / scale))}. The
   *       largest code is 127 over the descriptor's {@code scaleAmax}: 64 for {@link
   *       dev.bitfold.descriptor.Recipe#ONNX_DYNAMIC}, and with {@link #withReducedRange}
   *   <li>a table of embeddings, uint8 with one scale: {@code scale = 2 amax / 255}, {@code zero
   *       point = round(amax / scale)} in double, {@code code = clamp(round(x / scale) + zero
   *       point)}
   * </ul>
   *
   * <p>The quantized model multiplies by {@code 127 / amax} in place of the division. Its weights
   * are the same but for the last bit of scales and a few codes in a million, next to a tie.
   */
  public OnnxOptions withRuntimeRounding(boolean runtime) {
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reducedRange,
        cleanShapes,
        contribOperators,
        runtime,
        folded,
        embeddings,
        proof);
  }

  /**
   * With the smoothing of a layer's input folded into the node that makes it, so that no
   * multiplication is left.
   *
   * @param layer the smoothed layer
   * @param producer a MatMul, Gemm, Conv, LayerNormalization or BatchNormalization node. Nothing
   *     but this layer may read what it makes, and between them may only be operations that leave
   *     the channels in their order; {@link OnnxQdq#export} checks that
   */
  public OnnxOptions withFolded(String layer, String producer) {
    Map<String, String> more = new LinkedHashMap<>(folded);
    more.put(layer, producer);
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reducedRange,
        cleanShapes,
        contribOperators,
        runtimeRounding,
        more,
        embeddings,
        proof);
  }

  /**
   * With tables of embeddings as uint8, a scale per column. {@link OnnxQdq#embeddingQuantizer}
   * gives the same numbers to a model on ND4J.
   */
  public OnnxOptions withEmbeddings(String... gathers) {
    Set<String> more = new LinkedHashSet<>(embeddings);
    more.addAll(List.of(gathers));
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reducedRange,
        cleanShapes,
        contribOperators,
        runtimeRounding,
        folded,
        more,
        proof);
  }

  /** With a proof on other data, or without one. */
  public OnnxOptions withProof(OnnxProof other) {
    return new OnnxOptions(
        signedActivations,
        unsignedWeights,
        reducedRange,
        cleanShapes,
        contribOperators,
        runtimeRounding,
        folded,
        embeddings,
        other);
  }

  /** A table of {@link #embeddings} in its codes. */
  PackedTensor packed(INDArray table) {
    return runtimeRounding
        ? RuntimeRounding.table(table)
        : OnnxQdq.embeddingQuantizer(table).pack(table);
  }
}
