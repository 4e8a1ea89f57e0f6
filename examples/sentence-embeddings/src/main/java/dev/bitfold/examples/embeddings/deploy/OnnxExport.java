package dev.bitfold.examples.embeddings.deploy;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.Embeddings;
import dev.bitfold.examples.embeddings.model.FusedMiniLm;
import dev.bitfold.examples.embeddings.model.FusedMiniLmQuantizer;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The model that is deployed: static uint8 activations with zero points, int8 weights with a scale
 * per column, uint8 tables of embeddings, corrected biases.
 *
 * @param original the float model's file
 * @param root what comes before {@code encoder/} in the names of its nodes
 * @param quantized the quantized model on ND4J, whose numbers the exported one has
 */
public record OnnxExport(OnnxWeights original, String root, Quantized<FusedMiniLm> quantized) {
  /**
   * Of 0.65, 0.7, 0.8, 0.85 and 0.9 the one with which the exported model agrees best with the
   * float one on the sentences it is calibrated on; a search for each layer would take longer.
   */
  static final double ALPHA = 0.8;

  private static final String FIRST_QUERY = "encoder/layer.0/attention/self/query/MatMul";

  /** Quantizes the model for its deployment. */
  public static OnnxExport of(OnnxWeights original, MiniLm model, List<Batch> sentences) {
    return of(original, model, sentences, ALPHA);
  }

  /** As above, with another alpha. */
  static OnnxExport of(OnnxWeights original, MiniLm model, List<Batch> sentences, double alpha) {
    Embeddings tables = model.embeddings();
    Embeddings embeddings =
        new Embeddings(
            quantized(tables.words()),
            quantized(tables.positions()),
            tables.segment(),
            tables.norm());
    Quantized<FusedMiniLm> quantized =
        FusedMiniLmQuantizer.of(FusedMiniLm.of(model, embeddings))
            .using(recipe(alpha))
            // The tables are quantized above, as the file will hold them.
            .skip("embeddings")
            .calibrate(sentences, FusedMiniLm::forward)
            .smoothQuant(SmoothQuantOptions.alpha(alpha))
            // No sum of two products leaves 16 bits: CPUs without VNNI compute the same.
            .weightAmax(OnnxQdq.nonSaturating())
            .correctBiases()
            .freeze();
    return new OnnxExport(original, original.prefixOf(FIRST_QUERY).orElseThrow(), quantized);
  }

  private static Recipe recipe(double alpha) {
    QuantDescriptor weights = QuantDescriptor.builder().bits(8).per("O").build();
    QuantDescriptor inputs = QuantDescriptor.builder().bits(8).affine(true).unsigned(true).build();
    return Recipe.of("U8S8")
        .with(Role.WEIGHT, weights)
        .with(Role.INPUT, inputs)
        .withSmoothQuant(alpha);
  }

  private static INDArray quantized(INDArray table) {
    return OnnxQdq.embeddingQuantizer(table).quantize(table);
  }

  /**
   * Writes the file.
   *
   * @param base standard operators only, or those of ONNX Runtime
   */
  public OnnxQdq.Exported write(Path out, OnnxOptions base) throws IOException {
    OnnxOptions options =
        base.withEmbeddings(
            root + "embeddings/word_embeddings/Gather",
            root + "embeddings/position_embeddings/Gather");
    for (int i = 0; i < quantized.model().encoder().size(); i++) {
      options =
          options.withFolded(
              "encoder." + i + ".attention.output", at(i) + "attention/self/value/MatMul");
    }
    return OnnxQdq.export(original, quantized, mapping(), out, options);
  }

  private OnnxMapping mapping() {
    OnnxMapping mapping = OnnxMapping.empty();
    for (int i = 0; i < quantized.model().encoder().size(); i++) {
      String layer = "encoder." + i + ".";
      mapping =
          mapping
              .layer(
                  layer + "attention.projections",
                  at(i) + "attention/self/query/MatMul",
                  at(i) + "attention/self/key/MatMul",
                  at(i) + "attention/self/value/MatMul")
              .layer(layer + "attention.output", at(i) + "attention/output/dense/MatMul")
              .layer(layer + "feedForward.fc1", at(i) + "intermediate/dense/MatMul")
              .layer(layer + "feedForward.fc2", at(i) + "output/dense/MatMul");
    }
    return mapping;
  }

  private String at(int layer) {
    return root + "encoder/layer." + layer + "/";
  }
}
