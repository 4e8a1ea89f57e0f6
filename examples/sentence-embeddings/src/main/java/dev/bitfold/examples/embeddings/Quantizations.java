package dev.bitfold.examples.embeddings;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.evaluation.CalibrationBar;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.MiniLmQuantizer;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that this program does to quantize its model; the rest is in the annotations. All but {@value
 * #SMOOTH_ALL} keep the embedding tables float, to show what the linears lose.
 *
 * @param models the quantized models by the name of their configuration
 * @param smooth the calibration behind {@value #SMOOTH}
 */
record Quantizations(Map<String, Quantized<MiniLm>> models, Calibration<MiniLm> smooth) {
  /** What the annotations say, with alpha searched for each layer. */
  static final String SMOOTH = "w8a8-smoothquant";

  /** The same with int8 embedding tables: all weights as in the published int8 model. */
  static final String SMOOTH_ALL = "w8a8-smoothquant-e8";

  private static final String EMBEDDINGS = "embeddings";

  /** Quantizes the model in every way that the table shows. */
  static Quantizations of(MiniLm model, List<Batch> sentences) {
    Plan<MiniLm> plan = MiniLmQuantizer.of(model).withProgress(new CalibrationBar());
    Calibration<MiniLm> calibration = plan.calibrate(sentences, MiniLm::forward);
    Calibration<MiniLm> smooth = calibration.smoothQuant(SmoothQuantOptions.searchAlpha());
    Calibration<MiniLm> linears = smooth.skip(EMBEDDINGS);
    Map<String, Quantized<MiniLm>> quantized = new LinkedHashMap<>();
    quantized.put("w8", plan.using(weights(8)).skip(EMBEDDINGS).freeze());
    quantized.put("w8a8", calibration.skip(EMBEDDINGS).freeze());
    quantized.put(SMOOTH, linears.freeze());
    quantized.put(SMOOTH_ALL, smooth.freeze());
    quantized.put("w8a8-per-token", plan.using(Recipe.INT8_DYNAMIC).skip(EMBEDDINGS).freeze());
    quantized.put("w4", plan.using(weights(4)).skip(EMBEDDINGS).freeze());
    return new Quantizations(quantized, linears);
  }

  /** Weights alone, with a scale per output channel. */
  private static Recipe weights(int bits) {
    QuantDescriptor perOutput = QuantDescriptor.builder().bits(bits).per("O").build();
    return Recipe.of("W" + bits).with(Role.WEIGHT, perOutput);
  }
}
