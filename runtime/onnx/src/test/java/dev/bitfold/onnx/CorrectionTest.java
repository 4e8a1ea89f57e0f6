package dev.bitfold.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks weights with an amax of the user's choice, and corrected biases: in the model, in its file
 * and in ONNX.
 */
class CorrectionTest {
  private static final double ROUNDING = 2e-3;
  private static final Net NET =
      new Net(
          new Linear(Models.random(1, 64, 32), Models.random(2, 32)),
          new Linear(Models.random(3, 32, 16), Models.random(4, 16)));
  private static final List<INDArray> BATCHES =
      List.of(Models.outliers(5, 50, 64), Models.outliers(6, 50, 64));

  @TempDir Path folder;

  private static Calibration<Net> calibration() {
    return NetQuantizer.of(NET)
        .calibrate(BATCHES, Net::forward)
        .smoothQuant(SmoothQuantOptions.alpha(0.5));
  }

  private static Calibration<Net> nonSaturating() {
    return calibration().weightAmax(OnnxQdq.nonSaturating());
  }

  private INDArray exported(Quantized<Net> quantized) throws Exception {
    OnnxWeights original =
        OnnxWeights.of("net.onnx", Models.model(13, Models.net(NET)).toByteArray());
    Path out = folder.resolve("out.onnx");
    OnnxQdq.export(
        original, quantized, OnnxMapping.byName(original, quantized), out, OnnxOptions.DEFAULT);
    return Models.run(out, BATCHES.get(0));
  }

  @Test
  void weightsWithAnAmaxThatLeavesRoomDoNotSaturate() throws Exception {
    Quantized<Net> quantized = nonSaturating().freeze();
    INDArray expected = quantized.model().forward(BATCHES.get(0));

    INDArray actual = exported(quantized);

    assertTrue(
        Models.distance(actual, expected) < ROUNDING,
        () -> "relative distance " + Models.distance(actual, expected));
    ModelProto written = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("out.onnx")));
    int weights = 0;
    for (TensorProto tensor : written.getGraph().getInitializerList()) {
      if (tensor.getName().endsWith("weight_quantized")) {
        weights++;
        byte[] codes = tensor.getRawData().toByteArray();
        int columns = (int) tensor.getDims(1);
        int largest = 0;
        for (int i = 0; i + columns < codes.length; i++) {
          if (i / columns % 2 == 0) {
            largest = Math.max(largest, Math.abs(codes[i]) + Math.abs(codes[i + columns]));
          }
        }
        assertTrue(largest <= 128, tensor.getName() + ": " + largest);
        assertTrue(largest > 120, "the range is not used: " + largest);
      }
    }
    assertEquals(2, weights);
  }

  @Test
  void anAmaxThatDoesNotFitNamesTheWeight() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> calibration().weightAmax((path, weight) -> Nd4j.createFromArray(1f, 2f)));
    assertTrue(e.getMessage().startsWith("first.weight (Linear"), e.getMessage());
    IllegalArgumentException nan =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                calibration()
                    .weightAmax((path, weight) -> Nd4j.valueArrayOf(weight.size(1), Float.NaN)));
    assertTrue(nan.getMessage().startsWith("first.weight (Linear"), nan.getMessage());
  }

  /** The mean of what quantization adds to each output channel of the first layer. */
  private static double[] meanErrors(Linear quantized) {
    double[] sums = new double[32];
    int rows = 0;
    for (INDArray batch : BATCHES) {
      float[][] expected = NET.first().forward(batch).toFloatMatrix();
      float[][] actual = quantized.forward(batch).toFloatMatrix();
      for (int r = 0; r < expected.length; r++) {
        for (int c = 0; c < sums.length; c++) {
          sums[c] += (double) actual[r][c] - expected[r][c];
        }
        rows++;
      }
    }
    for (int c = 0; c < sums.length; c++) {
      sums[c] /= rows;
    }
    return sums;
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @Test
  void correctedBiasesTakeTheMeanErrorAway() throws Exception {
    Quantized<Net> plain = nonSaturating().freeze();
    Quantized<Net> corrected = nonSaturating().correctBiases().freeze();

    double before = largest(meanErrors(plain.model().first()));
    double after = largest(meanErrors(corrected.model().first()));

    assertTrue(before > 1e-3, "nothing to correct: " + before);
    assertTrue(after < 1e-5, before + " before, " + after + " after");
    INDArray expected = corrected.model().forward(BATCHES.get(0));
    assertTrue(Models.distance(exported(corrected), expected) < ROUNDING);
  }

  @Test
  void bothAreSavedAndLoaded() throws Exception {
    Quantized<Net> quantized = nonSaturating().correctBiases().freeze();
    Path file = folder.resolve("state.safetensors");
    quantized.save(file);

    Quantized<Net> loaded = NetQuantizer.load(NET, file);
    Quantized<Net> packed = quantized.compress();

    float[] expected = quantized.model().forward(BATCHES.get(1)).dup('c').data().asFloat();
    for (Quantized<Net> again : List.of(loaded, packed)) {
      assertArrayEquals(
          expected, again.model().forward(BATCHES.get(1)).dup('c').data().asFloat(), 0f);
    }
  }
}
