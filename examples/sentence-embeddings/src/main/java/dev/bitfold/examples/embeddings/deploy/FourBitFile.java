package dev.bitfold.examples.embeddings.deploy;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.load.BadInputException;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.OnnxLayer;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.reconstruction.Reconstructions;
import dev.bitfold.tuning.Allocation;
import dev.bitfold.tuning.Budget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The encoder's file with weights of 4 bits, affine, in blocks of 32, reconstructed: those of the
 * linears along their input channels, those of the words' embeddings along their rows. The tables
 * of positions and segments get 8 bits, because they are small and every token has them. Under a
 * budget, each weight gets 4 or 8 bits. Must be closed.
 *
 * @param model the float file
 * @param int4 its quantized model
 * @param reconstructions what each weight has gained, and what was left
 * @param allocation which weight got how many bits; empty without a budget
 */
public record FourBitFile(
    OnnxModel model,
    Quantized<OnnxModel> int4,
    Reconstructions reconstructions,
    Optional<Allocation> allocation)
    implements AutoCloseable {
  /** The file that is written for the main job. */
  public static final String FILE = "minilm-int4.onnx";

  private static final int BLOCK = 32;
  private static final int BITS = 4;
  private static final int MORE_BITS = 8;

  /** A table of fewer rows is not that of the words. */
  private static final long WORDS_AT_LEAST = 4096;

  private static QuantDescriptor blocks(int bits, String axis) {
    return QuantDescriptor.builder()
        .bits(bits)
        .affine(true)
        .blockSizes(BlockSize.along(axis, BLOCK))
        .build();
  }

  /**
   * Quantizes a file.
   *
   * @param bytes what weights and biases may take, with scales in float32; empty for 4 bits
   */
  public static FourBitFile of(
      InputFile original,
      Tokenizer tokenizer,
      List<String> sentences,
      ReconstructionOptions options,
      OptionalLong bytes)
      throws IOException {
    OnnxModel model = OnnxModel.from(original.bytes()).open();
    try {
      List<Map<String, INDArray>> batches =
          OnnxDirect.batches(model.inputs(), tokenizer.encode(sentences));
      int bits = bytes.isPresent() ? MORE_BITS : BITS;
      Plan<OnnxModel> plan =
          model.plan().using(Recipe.of("w4").with(Role.WEIGHT, blocks(bits, "I")));
      for (OnnxLayer layer : model.layers()) {
        if (layer.operator().equals("Gather")) {
          boolean words = layer.weightShape().get(0) >= WORDS_AT_LEAST;
          plan = plan.describe(layer.path() + ".weight", blocks(words ? bits : MORE_BITS, "O"));
        }
      }
      Calibration<OnnxModel> calibration = plan.calibrate(batches, OnnxModel::forward);
      if (bytes.isPresent()) {
        calibration = within(bytes.getAsLong(), calibration);
      }
      Calibration<OnnxModel> done = calibration.reconstruct(options);
      return new FourBitFile(model, done.freeze(), done.reconstructions(), done.allocation());
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static Calibration<OnnxModel> within(long bytes, Calibration<OnnxModel> calibration) {
    try {
      return calibration.within(Budget.bytes(bytes).among(BITS, MORE_BITS).withoutFloats());
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--bytes", e.getMessage(), e);
    }
  }

  /**
   * Writes the file for ONNX Runtime.
   *
   * @param accuracyLevel as {@link OnnxOptions#withBlockOperators} takes it
   */
  public OnnxQdq.Exported write(Path out, int accuracyLevel) throws IOException {
    return OnnxModel.export(int4, out, OnnxOptions.DEFAULT.withBlockOperators(accuracyLevel));
  }

  @Override
  public void close() {
    model.close();
  }
}
