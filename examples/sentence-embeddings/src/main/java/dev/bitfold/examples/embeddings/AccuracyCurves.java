package dev.bitfold.examples.embeddings;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.examples.embeddings.curves.Curve;
import dev.bitfold.examples.embeddings.evaluation.CalibrationBar;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.MiniLmQuantizer;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Measures the quantized model (int8 weights and inputs, embedding tables float) over alpha, over
 * the number of calibration sentences, and over the calibrators.
 */
final class AccuracyCurves {
  private static final List<Integer> COUNTS = List.of(8, 16, 32, 64, 128, 256, 512, 1024, 1500);

  private final Tokenizer tokenizer;
  private final Evaluation evaluation;
  private final Plan<MiniLm> plan;
  private final Consumer<Curve.Point> progress;

  /**
   * @param progress hears of each point as soon as it is known
   */
  AccuracyCurves(
      MiniLm model, Tokenizer tokenizer, Evaluation evaluation, Consumer<Curve.Point> progress) {
    this.progress = progress;
    this.tokenizer = tokenizer;
    this.evaluation = evaluation;
    this.plan = MiniLmQuantizer.of(model).withProgress(new CalibrationBar()).skip("embeddings");
  }

  /** What each layer loses, and its error over alpha. */
  Diagnosis layers(List<Batch> batches) {
    return plan.calibrate(batches, MiniLm::forward).smoothQuant().diagnose();
  }

  /** One alpha for every layer, .05 to .95. */
  Curve alpha(List<Batch> batches) {
    Calibration<MiniLm> calibration = plan.calibrate(batches, MiniLm::forward);
    List<Curve.Point> points = new ArrayList<>();
    for (int i = 1; i < 20; i++) {
      double alpha = i / 20.0;
      points.add(
          point(Double.toString(alpha), calibration.smoothQuant(SmoothQuantOptions.alpha(alpha))));
    }
    return new Curve("alpha", "W8A8, one alpha for every layer", "alpha", points);
  }

  /** Alpha searched, on 8 to 1500 sentences. */
  Curve sentences(IntFunction<List<String>> sentences) {
    List<Curve.Point> points = new ArrayList<>();
    for (int count : COUNTS) {
      List<Batch> batches = BatchEmbedder.batches(tokenizer, sentences.apply(count));
      points.add(
          point(Integer.toString(count), plan.calibrate(batches, MiniLm::forward).smoothQuant()));
    }
    return new Curve("sentences", "W8A8 with SmoothQuant", "calibration sentences", points);
  }

  /** How the amax of the inputs is found, without and with smoothing. */
  Curve calibrators(List<Batch> batches) {
    Map<String, QuantDescriptor> inputs = new LinkedHashMap<>();
    inputs.put("max", input(Calib.MAX).build());
    inputs.put("percentile 99.9", input(Calib.PERCENTILE).percentile(99.9).build());
    inputs.put("percentile 99.99", input(Calib.PERCENTILE).percentile(99.99).build());
    inputs.put("percentile 99.999", input(Calib.PERCENTILE).percentile(99.999).build());
    inputs.put("mse", input(Calib.MSE).build());
    inputs.put("entropy", input(Calib.ENTROPY).build());
    inputs.put("moving average", input(Calib.MOVING_AVERAGE).build());
    List<Curve.Point> points = new ArrayList<>();
    inputs.forEach(
        (name, input) -> {
          Recipe recipe =
              Recipe.of("W8A8 " + name)
                  .with(Role.WEIGHT, QuantDescriptor.builder().bits(8).per("O").build())
                  .with(Role.INPUT, input)
                  .withSmoothQuant();
          Calibration<MiniLm> calibration =
              plan.using(recipe).skip("embeddings").calibrate(batches, MiniLm::forward);
          points.add(point(name, calibration));
          points.add(point(name + " smoothed", calibration.smoothQuant()));
        });
    return new Curve("calibrators", "W8A8, how the inputs are calibrated", "calibrator", points);
  }

  private static QuantDescriptor.Builder input(Calib calib) {
    return QuantDescriptor.builder().bits(8).calib(calib);
  }

  private Curve.Point point(String x, Calibration<MiniLm> calibration) {
    MiniLm quantized = calibration.freeze().model();
    Score score = evaluation.of(x, new BatchEmbedder(tokenizer, quantized), 0);
    Curve.Point point = new Curve.Point(x, score.cosine(), score.rhoFp32());
    progress.accept(point);
    return point;
  }
}
