package dev.bitfold.onnx.export;

import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.quantizer.PackedTensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Chooses how a quantized model is written. Immutable: each method returns other options.
 *
 * @param signedActivations whether int8 activations stay int8. Otherwise they are written as uint8
 *     with the zero point moved by 128, which are the same numbers, but faster on x86 CPUs
 * @param unsignedWeights whether int8 weights are written as uint8 with the zero point 128, which
 *     are the same numbers. On x86 CPUs without VNNI, products of u8 × s8 are added in pairs in 16
 *     bits, which can saturate. Products of u8 × u8 are exact, but slower. See {@link
 *     OnnxQdq#nonSaturating} for another way
 * @param reducedRange whether 8-bit weights get 7 bits, from -64 to 63, for CPUs without VNNI,
 *     whose u8 × s8 products can saturate. The outputs then differ from those of the quantized
 *     model
 * @param cleanShapes whether computed shapes become constant where possible, and positions get the
 *     sizes of the sentences, so that the runtime finds its fusions. The outputs do not change
 * @param contribOperators whether MatMulIntegerToFloat of ONNX Runtime's domain {@code
 *     com.microsoft} replaces QuantizeLinear and DequantizeLinear around MatMul, which is faster
 *     but only for ONNX Runtime
 * @param runtimeRounding whether int8 weights and tables of embeddings get the bytes that ONNX
 *     Runtime's own quantizer ({@code quantize_dynamic}, with symmetric weights) writes. See {@link
 *     #withRuntimeRounding}
 * @param blockOperators the accuracy level of MatMulNBits, if ONNX Runtime's operators for weights
 *     in blocks are written; empty if only standard operators are. See {@link #withBlockOperators}
 * @param folded the node that takes over the smoothing of a layer's input, by the layer's path
 * @param embeddings the Gather nodes whose float32 tables are written as uint8 with a scale for
 *     each column
 * @param metadata entries for the file's {@code metadata_props}, beside those that it has
 * @param proof the data that the file is proved on before it is written, or the reason why it is
 *     not proved
 */
public record OnnxOptions(
    boolean signedActivations,
    boolean unsignedWeights,
    boolean reducedRange,
    boolean cleanShapes,
    boolean contribOperators,
    boolean runtimeRounding,
    OptionalInt blockOperators,
    Map<String, String> folded,
    Set<String> embeddings,
    Map<String, String> metadata,
    OnnxProof proof) {
  /**
   * The default options: uint8 activations, clean shapes, only standard operators, no folds, and a
   * proof on random data.
   */
  public static final OnnxOptions DEFAULT =
      new OnnxOptions(
          false,
          false,
          false,
          true,
          false,
          false,
          OptionalInt.empty(),
          Map.of(),
          Set.of(),
          Map.of(),
          OnnxProof.random());

  private static final int MAX_ACCURACY_LEVEL = 4;

  /**
   * Copies the collections, keeping their order.
   *
   * @throws IllegalArgumentException if there is no such accuracy level
   */
  public OnnxOptions {
    Objects.requireNonNull(blockOperators, "blockOperators");
    int level = blockOperators.orElse(0);
    if (level < 0 || level > MAX_ACCURACY_LEVEL) {
      throw new IllegalArgumentException(
          "accuracy level "
              + level
              + " of MatMulNBits is not known; it is 0 (inputs stay as they are) to "
              + MAX_ACCURACY_LEVEL
              + " (inputs are rounded to int8)");
    }
    folded = Collections.unmodifiableMap(new LinkedHashMap<>(folded));
    embeddings = Collections.unmodifiableSet(new LinkedHashSet<>(embeddings));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    Objects.requireNonNull(proof, "proof");
  }

  /** Returns these options with int8 activations kept as int8, or not. */
  public OnnxOptions withSignedActivations(boolean signed) {
    return with(draft -> draft.signedActivations = signed);
  }

  /** Returns these options with int8 weights written as uint8, or not. */
  public OnnxOptions withUnsignedWeights(boolean unsigned) {
    return with(draft -> draft.unsignedWeights = unsigned);
  }

  /** Returns these options with 7-bit weights, or not. */
  public OnnxOptions withReducedRange(boolean reduced) {
    return with(draft -> draft.reducedRange = reduced);
  }

  /** Returns these options with clean shapes, or with the shapes of the file. */
  public OnnxOptions withCleanShapes(boolean clean) {
    return with(draft -> draft.cleanShapes = clean);
  }

  /** Returns these options with ONNX Runtime's own operators, or without. */
  public OnnxOptions withContribOperators(boolean contrib) {
    return with(draft -> draft.contribOperators = contrib);
  }

  /**
   * Returns these options with int8 weights and tables of embeddings rounded as ONNX Runtime's own
   * quantizer rounds them, or not. This reproduces the bytes of files that it has written. All
   * arithmetic is float32:
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
   * <p>The quantized model multiplies by {@code 127 / amax} instead of dividing. Its weights differ
   * only in the last bit of scales, and in a few codes in a million that are next to a tie.
   */
  public OnnxOptions withRuntimeRounding(boolean runtime) {
    return with(draft -> draft.runtimeRounding = runtime);
  }

  /**
   * Returns these options with ONNX Runtime's operators for weights in blocks, of its domain {@code
   * com.microsoft}, which no other runtime has:
   *
   * <ul>
   *   <li>MatMulNBits for a MatMul or Gemm whose weight has integers of up to 4 bits, or of 8, in
   *       blocks of 16, 32, 64 and so on along its input channels
   *   <li>GatherBlockQuantized for a table of such integers with blocks along its rows, or with a
   *       scale for each row
   * </ul>
   *
   * <p>Other quantized weights stay behind DequantizeLinear. A file without int4 behind
   * DequantizeLinear needs no opset above 13.
   *
   * @param accuracyLevel what MatMulNBits may do to its inputs: 0 and 1 leave float32 as it is; 4
   *     allows ONNX Runtime to round each block of an input to int8, which is faster and is not
   *     what the quantized model computes; 2 and 3 allow float16 and bfloat16, which its CPU
   *     kernels do not use. The file is proved with 0. What another level changes is measured and
   *     bounded on the data of the proof: {@link
   *     dev.bitfold.onnx.proof.ProofResult.Proved#rounding}
   * @throws IllegalArgumentException if the level is not 0 to 4
   */
  public OnnxOptions withBlockOperators(int accuracyLevel) {
    return with(draft -> draft.blockOperators = OptionalInt.of(accuracyLevel));
  }

  /**
   * Returns these options with the smoothing of a layer's input folded into the node that makes the
   * input, so that no multiplication is left.
   *
   * @param layer the smoothed layer
   * @param producer a MatMul, Gemm, Conv, ConvTranspose, LayerNormalization or BatchNormalization
   *     node. Only this layer may read its output, and only operations that keep the order of the
   *     channels may be between them; {@link OnnxQdq#export} checks this
   */
  public OnnxOptions withFolded(String layer, String producer) {
    Map<String, String> more = new LinkedHashMap<>(folded);
    more.put(layer, producer);
    return with(draft -> draft.folded = more);
  }

  /**
   * Returns these options with tables of embeddings written as uint8, with a scale for each column.
   * {@link OnnxQdq#embeddingQuantizer} gives the same numbers to a model on ND4J.
   */
  public OnnxOptions withEmbeddings(String... gathers) {
    Set<String> more = new LinkedHashSet<>(embeddings);
    more.addAll(List.of(gathers));
    return with(draft -> draft.embeddings = more);
  }

  /** Returns these options with a proof on other data, or without a proof. */
  public OnnxOptions withProof(OnnxProof other) {
    return with(draft -> draft.proof = other);
  }

  /**
   * Returns these options with an entry for the file's {@code metadata_props}. One of the same name
   * that the file has is replaced.
   */
  public OnnxOptions withMetadata(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(metadata);
    more.put(name, value);
    return with(draft -> draft.metadata = more);
  }

  private OnnxOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** Options that are being changed. */
  private static final class Draft {
    private boolean signedActivations;
    private boolean unsignedWeights;
    private boolean reducedRange;
    private boolean cleanShapes;
    private boolean contribOperators;
    private boolean runtimeRounding;
    private OptionalInt blockOperators;
    private Map<String, String> folded;
    private Set<String> embeddings;
    private Map<String, String> metadata;
    private OnnxProof proof;

    Draft(OnnxOptions options) {
      signedActivations = options.signedActivations;
      unsignedWeights = options.unsignedWeights;
      reducedRange = options.reducedRange;
      cleanShapes = options.cleanShapes;
      contribOperators = options.contribOperators;
      runtimeRounding = options.runtimeRounding;
      blockOperators = options.blockOperators;
      folded = options.folded;
      embeddings = options.embeddings;
      metadata = options.metadata;
      proof = options.proof;
    }

    OnnxOptions options() {
      return new OnnxOptions(
          signedActivations,
          unsignedWeights,
          reducedRange,
          cleanShapes,
          contribOperators,
          runtimeRounding,
          blockOperators,
          folded,
          embeddings,
          metadata,
          proof);
    }
  }

  /** Returns a table of {@link #embeddings} in its codes. */
  PackedTensor packed(INDArray table) {
    return runtimeRounding
        ? RuntimeRounding.table(table)
        : OnnxQdq.embeddingQuantizer(table).pack(table);
  }
}
