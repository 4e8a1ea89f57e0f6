package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.INT64;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Forward;
import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.file.OnnxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What pads a batch changes nothing that calibration finds. */
class PaddingTest {
  private static final int WIDTH = 16;
  private static final int WORDS = 20;

  /** Word 0 pads: its row of the table is much larger than all others. */
  private static GraphBuilder encoder(String mask) {
    GraphBuilder builder =
        GraphBuilder.of(17)
            .seed(3)
            .input("ids", INT64, "rows", "columns")
            .input(mask, INT64, "rows", "columns");
    float[] table = builder.normal(WORDS, WIDTH);
    for (int c = 0; c < WIDTH; c++) {
      table[c] *= 50;
    }
    return builder
        .constant(GraphBuilder.floats("table", table, WORDS, WIDTH))
        .node(node("Gather", "embeddings", List.of("table", "ids"), "x"))
        .weight("w1", WIDTH, 2 * WIDTH)
        .weight("b1", 2 * WIDTH)
        .node(node("MatMul", "fc1", List.of("x", "w1"), "h0"))
        .node(node("Add", "add1", List.of("h0", "b1"), "h1"))
        .node(node("Relu", "relu", List.of("h1"), "h"))
        .weight("w2", 2 * WIDTH, WIDTH)
        .node(node("MatMul", "fc2", List.of("h", "w2"), "z"))
        .node(node("Cast", "cast", List.of(mask), "m").addAttribute(GraphBuilder.integer("to", 1)))
        .constant(GraphBuilder.longs("last", -1))
        .node(node("Unsqueeze", "wide", List.of("m", "last"), "m3"))
        .node(node("Mul", "masked", List.of("z", "m3"), "y"))
        .output("y", FLOAT);
  }

  /** Sequences of one length each; with padding to {@code length}, if that is larger. */
  private static List<Map<String, INDArray>> batches(String mask, int length) {
    Random random = new Random(8);
    List<Map<String, INDArray>> batches = new ArrayList<>();
    for (int own = 3; own < 7; own++) {
      int all = Math.max(own, length);
      long[][] ids = new long[2][all];
      long[][] kept = new long[2][all];
      for (int row = 0; row < 2; row++) {
        for (int t = 0; t < own; t++) {
          ids[row][t] = 1L + random.nextInt(WORDS - 1);
          kept[row][t] = 1;
        }
      }
      batches.add(Map.of("ids", Nd4j.createFromArray(ids), mask, Nd4j.createFromArray(kept)));
    }
    return batches;
  }

  /** The scales of all inputs, as text that tells each bit. */
  private static String inputs(Plan<OnnxModel> plan, List<Map<String, INDArray>> batches) {
    return scales(plan.calibrate(batches, OnnxModel::forward));
  }

  private static String scales(Calibration<OnnxModel> calibration) {
    return calibration.freeze().summary().rows().stream()
        .filter(row -> row.path().endsWith(".x"))
        .map(row -> row.path() + " " + row.amax())
        .collect(Collectors.joining("\n"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Calib.class,
      names = {"MAX", "PERCENTILE", "MSE", "ENTROPY"})
  void calibratorsDoNotSeeIt(Calib calib) throws Exception {
    try (OnnxModel model = OnnxModel.from(encoder("attention_mask").bytes()).threads(1).open()) {
      Plan<OnnxModel> plan =
          model.plan().describe("**.x", QuantDescriptor.builder().bits(8).calib(calib).build());
      String unpadded = inputs(plan, batches("attention_mask", 0));
      assertEquals(unpadded, inputs(plan, batches("attention_mask", 12)));
    }
  }

  /** A mask that a caller holds, whose axes are swapped, fits no tensor of the model. */
  @Test
  void aTurnedMaskIsRefused() throws Exception {
    try (OnnxModel model =
        OnnxModel.from(encoder("attention_mask").bytes()).withoutMask().threads(1).open()) {
      List<Map<String, INDArray>> padded = batches("attention_mask", 12);
      Forward<OnnxModel, Map<String, INDArray>> turned =
          (m, feed) ->
              PaddingMask.during(
                  Objects.requireNonNull(feed.get("attention_mask")).transpose(),
                  () -> m.forward(feed));
      Throwable e =
          assertThrows(RuntimeException.class, () -> model.plan().calibrate(padded, turned));
      String message = String.valueOf(e.getMessage());
      assertTrue(
          message.contains("a padding mask of shape [12, 2] leaves out nothing: no layer has"),
          message);
      Forward<OnnxModel, Map<String, INDArray>> right =
          (m, feed) ->
              PaddingMask.during(
                  Objects.requireNonNull(feed.get("attention_mask")), () -> m.forward(feed));
      assertEquals(
          inputs(model.plan(), batches("attention_mask", 0)),
          scales(model.plan().calibrate(padded, right)));
    }
  }

  @Test
  void theWholeDefaultPlanDoesNotSeeIt() throws Exception {
    try (OnnxModel model = OnnxModel.from(encoder("attention_mask").bytes()).threads(1).open()) {
      Calibration<OnnxModel> unpadded =
          model.plan().calibrate(batches("attention_mask", 0), OnnxModel::forward);
      Calibration<OnnxModel> padded =
          model.plan().calibrate(batches("attention_mask", 12), OnnxModel::forward);
      assertEquals(scales(unpadded), scales(padded));
      assertEquals(unpadded.smoothQuant().alphaCurves(), padded.smoothQuant().alphaCurves());
    }
  }

  @Test
  void withoutTheMaskItIsSeen() throws Exception {
    byte[] file = encoder("attention_mask").bytes();
    try (OnnxModel model = OnnxModel.from(file).threads(1).withoutMask().open()) {
      assertNotEquals(
          inputs(model.plan(), batches("attention_mask", 0)),
          inputs(model.plan(), batches("attention_mask", 12)));
    }
  }

  @Test
  void anotherInputMayBeTheMask() throws Exception {
    byte[] file = encoder("lengths").bytes();
    try (OnnxModel plain = OnnxModel.from(file).threads(1).open();
        OnnxModel masked = OnnxModel.from(file).threads(1).mask("lengths").open()) {
      String unpadded = inputs(plain.plan(), batches("lengths", 0));
      assertNotEquals(unpadded, inputs(plain.plan(), batches("lengths", 12)));
      assertEquals(unpadded, inputs(masked.plan(), batches("lengths", 12)));
    }
    String message =
        String.valueOf(
            assertThrows(OnnxException.class, () -> OnnxModel.from(file).mask("length").open())
                .getMessage());
    assertTrue(
        message.endsWith("has no input 'length' for a mask; did you mean 'lengths'?"), message);
  }
}
