package dev.bitfold.examples.embeddings;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.SmoothQuantOptions;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.annotations.Recipe;
import dev.bitfold.annotations.Role;
import dev.bitfold.examples.embeddings.evaluation.CalibrationBar;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.MiniLmQuantizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All that this program does to quantize its model; the rest is in the annotations. */
final class Quantizations {
  /** What the annotations say, with alpha searched for each layer. */
  static final String SMOOTH = "w8a8-smoothquant";

  private Quantizations() {}

  /** Quantizes the model in every way that the table shows. */
  static Map<String, Quantized<MiniLm>> of(MiniLm model, List<Batch> sentences) {
    Plan<MiniLm> plan = MiniLmQuantizer.of(model).onProgress(new CalibrationBar());
    Calibration<MiniLm> calibration = plan.calibrate(sentences, MiniLm::forward);
    Map<String, Quantized<MiniLm>> quantized = new LinkedHashMap<>();
    quantized.put("w8", plan.using(weights(8)).freeze());
    quantized.put("w8a8", calibration.freeze());
    quantized.put(SMOOTH, calibration.smoothQuant(SmoothQuantOptions.searchAlpha()).freeze());
    quantized.put("w8a8-per-token", plan.using(Recipe.INT8_DYNAMIC).freeze());
    quantized.put("w4", plan.using(weights(4)).freeze());
    return quantized;
  }

  /** Weights alone, with a scale per output channel. */
  private static Recipe weights(int bits) {
    QuantDescriptor perOutput = QuantDescriptor.builder().bits(bits).per("O").build();
    return Recipe.of("W" + bits).with(Role.WEIGHT, perOutput);
  }
}
