package dev.bitfold.smoothquant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import dev.bitfold.toy.QuantizedToyDense;
import dev.bitfold.toy.ToyDense;
import dev.bitfold.toy.ToyStack;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Scales that are folded into the layer before, compared with the paper's formula. */
class FoldsTest {
  private static final int C = 6;

  private final List<INDArray> batches = ToyStack.batches(3, 20, 5);

  /** A layer whose output others read, behind something without weights. */
  private record Branches(
      ToyDense source,
      List<ToyDense> readers,
      UnaryOperator<INDArray> between,
      List<String> folds) {
    INDArray forward(INDArray x) {
      INDArray hidden = between.apply(source.forward(x));
      INDArray sum = null;
      for (ToyDense reader : readers) {
        INDArray y = reader.forward(hidden);
        sum = sum == null ? y : sum.add(y);
      }
      return Objects.requireNonNull(sum);
    }

    private static Branches rebuild(Branches model, Walk walk) {
      Component<ToyDense> layer = Component.layer(QuantizedToyDense.type());
      model.folds.forEach(
          fold -> {
            String[] names = fold.split(" ", -1);
            walk.smoothInto(names[0], java.util.Arrays.copyOfRange(names, 1, names.length));
          });
      return new Branches(
          walk.visit("source", model.source, layer),
          walk.visit("readers", model.readers, Component.list(layer)),
          model.between,
          model.folds);
    }

    Plan<Branches> plan() {
      return Plan.of(this, Component.model(Branches.class, Branches::rebuild));
    }
  }

  private static Branches branches(String... folds) {
    return of(x -> Transforms.relu(x, true), folds);
  }

  private static Branches of(UnaryOperator<INDArray> between, String... folds) {
    INDArray weight = ToyStack.normal(1, 5, C);
    weight.getColumn(2).muli(30);
    return new Branches(
        new ToyDense(weight, ToyStack.normal(2, C)),
        List.of(
            new ToyDense(ToyStack.normal(3, C, 4), ToyStack.normal(4, 4)),
            new ToyDense(ToyStack.normal(5, C, 4).muli(3), ToyStack.normal(6, 4))),
        between,
        List.of(folds));
  }

  private Calibration<Branches> calibrated(Branches model) {
    return model.plan().calibrate(batches, Branches::forward);
  }

  private State folded(Branches model) {
    return calibrated(model).smoothQuant(SmoothQuantOptions.alpha(0.5)).freeze().state().state();
  }

  private static INDArray tensor(State state, String path) {
    return Objects.requireNonNull(state.tensors().get(path), path);
  }

  @Test
  void readersShareTheScaleThatTheSourceTakes() {
    Branches model = branches("source readers.*");
    State state = folded(model);

    float[] p = new float[C];
    double largest = 0;
    for (int c = 0; c < C; c++) {
      double act = 0;
      for (INDArray x : batches) {
        act =
            Math.max(
                act,
                Transforms.relu(model.source().forward(x), true)
                    .getColumn(c)
                    .maxNumber()
                    .doubleValue());
      }
      double weight = 0;
      for (ToyDense reader : model.readers()) {
        weight = Math.max(weight, reader.weight().getRow(c).amaxNumber().doubleValue());
      }
      p[c] = (float) Math.sqrt(weight / act);
      largest = Math.max(largest, act * p[c]);
    }
    INDArray own = Objects.requireNonNull(state.preQuantScales().get("source.x"));
    for (int c = 0; c < C; c++) {
      for (int i = 0; i < 5; i++) {
        // The source multiplies its own input when it runs.
        double expected = model.source().weight().getDouble(i, c) * p[c] / own.getDouble(i);
        assertEquals(expected, tensor(state, "source.weight").getDouble(i, c), 1e-5);
      }
      assertEquals(
          model.source().bias().getDouble(c) * p[c],
          tensor(state, "source.bias").getDouble(c),
          1e-5);
      for (int r = 0; r < 2; r++) {
        for (int o = 0; o < 4; o++) {
          assertEquals(
              model.readers().get(r).weight().getDouble(c, o) / p[c],
              tensor(state, "readers." + r + ".weight").getDouble(c, o),
              1e-4);
        }
      }
    }
    assertEquals(Set.of("source.x"), state.preQuantScales().keySet());
    for (int r = 0; r < 2; r++) {
      CalibratedScale scale = Objects.requireNonNull(state.scales().get("readers." + r + ".x"));
      assertEquals(largest, scale.largest(), 1e-5);
    }
  }

  @Test
  void theSourceIsNamedAndTheCurveIsTheReaders() {
    Calibration<Branches> calibration = calibrated(branches("source readers.0 readers.1"));
    Calibration<Branches> smoothed = calibration.smoothQuant(SmoothQuantOptions.sweepAlpha());
    Quantized<Branches> quantized = smoothed.freeze();
    AlphaCurve joint = Objects.requireNonNull(smoothed.alphaCurves().get("readers.0"));
    assertEquals(joint, smoothed.alphaCurves().get("readers.1"));
    assertEquals(
        "source",
        quantized
            .summary()
            .row("readers.1.x")
            .orElseThrow()
            .smoothing()
            .foldedInto()
            .orElseThrow());
    // The error is the root of the mean square of the readers' own.
    double[] squares = new double[joint.alphas().size()];
    for (String skipped : List.of("readers.0", "readers.1")) {
      AlphaCurve alone =
          Objects.requireNonNull(
              calibrated(branches("source readers.0 readers.1"))
                  .skip(skipped)
                  .smoothQuant(SmoothQuantOptions.sweepAlpha())
                  .alphaCurves()
                  .get(skipped.equals("readers.0") ? "readers.1" : "readers.0"));
      squares[0] += Math.pow(alone.errors().get(0), 2) / 2;
    }
    assertEquals(Math.sqrt(squares[0]), joint.errors().get(0), 1e-6, "without smoothing");
  }

  /** Readers with as many outputs as the source, so that each may be a source. */
  private static Branches square(String... folds) {
    Branches model = branches(folds);
    List<ToyDense> readers =
        List.of(
            new ToyDense(ToyStack.normal(7, C, C), ToyStack.normal(8, C)),
            new ToyDense(ToyStack.normal(9, C, C), ToyStack.normal(10, C)));
    return new Branches(model.source(), readers, model.between(), model.folds());
  }

  private void refused(String why, Executable action) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, action).getMessage());
    assertTrue(message.contains(why), message);
  }

  @Test
  void pathsThatNameNoReaderAreRefused() {
    refused(
        "source: @SmoothInto lists readers.2, and the model has no such layer; did you mean",
        () -> folded(branches("source readers.2")));
    refused(
        "sauce: @SmoothInto lists sauce, and the model has no such layer; did you mean 'source'",
        () -> folded(branches("sauce readers.0")));
    refused(
        "source: @SmoothInto lists it as a consumer of itself",
        () -> folded(branches("source readers.0 source")));
    refused(
        "readers.0 is listed as a consumer of source and of readers.1: its weights can take over",
        () -> folded(square("source readers.0", "readers.1 readers.0")));
    refused(
        "@SmoothInto: nothing can be folded into readers.0 (ToyDense): it has 4 output channels, and"
            + " source.weight (ToyDense, FLOAT [5, 6], layout IO) of its consumer has 5 input"
            + " channels",
        () -> folded(branches("readers.0 source")));
  }

  private void changes(String why, Branches model) {
    String message =
        String.valueOf(assertThrows(CalibrationException.class, () -> folded(model)).getMessage());
    assertTrue(message.contains(why), message);
  }

  @Test
  void aReaderThatIsNotListedIsNamed() {
    changes(
        "folding the scale of [readers.0] into source (ToyDense) changes the float model by",
        branches("source readers.0"));
    changes(
        "The first to change is readers.1: something that @SmoothInto does not list reads the output"
            + " of source, such as a residual branch",
        branches("source readers.0"));
  }

  @Test
  void whatIsNotHomogeneousIsNamed() {
    changes(
        "The first to change is readers.0, which is listed: it reads something other than the output"
            + " of source, or what stands between them is not positively homogeneous",
        of(x -> Transforms.tanh(x, true), "source readers.*"));
  }

  @Test
  void nothingIsFoldedIntoAFixedAmax() {
    QuantDescriptor fixed =
        QuantDescriptor.builder().bits(4).per("O").amax(1, 1, 1, 1, 1, 1).build();
    refused(
        "nothing can be folded into it, its amax is fixed; leave the amax out, or take @SmoothInto"
            + " off",
        () ->
            branches("source readers.*")
                .plan()
                .describe("source.weight", fixed)
                .calibrate(batches, Branches::forward)
                .smoothQuant(SmoothQuantOptions.alpha(0.5)));
  }

  @Test
  void aListThatMatchesNothingFoldsNothing() {
    State state = folded(branches("source writers.*"));
    assertEquals(3, state.preQuantScales().size(), "each layer multiplies its own input");
  }
}
