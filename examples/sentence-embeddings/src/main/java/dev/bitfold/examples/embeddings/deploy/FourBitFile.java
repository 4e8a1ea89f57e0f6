package dev.bitfold.examples.embeddings.deploy;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.OnnxLayer;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.reconstruction.Reconstructions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The encoder's file with weights of 4 bits, affine, in blocks of 32, reconstructed: those of the
 * linears along their input channels, those of the words' embeddings along their rows. The tables
 * of positions and segments get 8 bits, because they are small and every token has them. Must be
 * closed.
 *
 * @param model the float file
 * @param int4 its quantized model
 * @param reconstructions what each weight has gained, and what was left
 */
public record FourBitFile(
    OnnxModel model, Quantized<OnnxModel> int4, Reconstructions reconstructions)
    implements AutoCloseable {
  /** The file that is written for the main job. */
  public static final String FILE = "minilm-int4.onnx";

  private static final int BLOCK = 32;
  private static final QuantDescriptor LINEARS = blocks(4, "I");
  private static final QuantDescriptor WORDS = blocks(4, "O");
  private static final QuantDescriptor SMALL_TABLES = blocks(8, "O");

  /** A table of fewer rows is not that of the words. */
  private static final long WORDS_AT_LEAST = 4096;

  private static QuantDescriptor blocks(int bits, String axis) {
    return QuantDescriptor.builder()
        .bits(bits)
        .affine(true)
        .blockSizes(BlockSize.along(axis, BLOCK))
        .build();
  }

  /** Quantizes a file. */
  public static FourBitFile of(
      InputFile original,
      Tokenizer tokenizer,
      List<String> sentences,
      ReconstructionOptions options)
      throws IOException {
    OnnxModel model = OnnxModel.from(original.bytes()).open();
    try {
      List<Map<String, INDArray>> batches =
          OnnxDirect.batches(model.inputs(), tokenizer.encode(sentences));
      Plan<OnnxModel> plan =
          model
              .plan()
              .withWeightAmax(WeightAmax.ofDescriptor())
              .using(Recipe.of("w4").with(Role.WEIGHT, LINEARS));
      for (OnnxLayer layer : model.layers()) {
        if (layer.operator().equals("Gather")) {
          boolean words = layer.weightShape().get(0) >= WORDS_AT_LEAST;
          plan = plan.describe(layer.path() + ".weight", words ? WORDS : SMALL_TABLES);
        }
      }
      Calibration<OnnxModel> calibration =
          plan.calibrate(batches, OnnxModel::forward).reconstruct(options);
      return new FourBitFile(model, calibration.freeze(), calibration.reconstructions());
    } catch (RuntimeException e) {
      model.close();
      throw e;
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
