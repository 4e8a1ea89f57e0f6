package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Checks that every phase computes with the plan's kernels. {@code ArchitectureTest} checks that no
 * class asks for other kernels.
 */
class KernelsOfThePlanTest {
  private final List<INDArray> batches = ToyStack.batches(4, 16, 8);
  private final ToyStack stack = ToyStack.random(1, 8, 12, 4);
  private final AtomicLong calls = new AtomicLong();
  private final Plan<ToyStack> plan = ToyStack.plan(stack).withKernels(counting(calls));

  /** The active kernels, and how often they are called. */
  private static QuantKernels counting(AtomicLong calls) {
    QuantKernels active = Kernels.active();
    return (QuantKernels)
        Proxy.newProxyInstance(
            QuantKernels.class.getClassLoader(),
            new Class<?>[] {QuantKernels.class},
            (proxy, method, arguments) -> {
              calls.incrementAndGet();
              try {
                return method.invoke(active, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private <T> T used(String phase, Supplier<T> action) {
    long before = calls.get();
    T result = action.get();
    assertTrue(calls.get() > before, phase + " called no kernel of the plan");
    return result;
  }

  @Test
  void everyPhaseUsesThem() {
    Calibration<ToyStack> calibration =
        used("calibrate", () -> plan.calibrate(batches, ToyStack::forward));
    used("a histogram", () -> histogram().calibrate(batches, ToyStack::forward));
    used("weightAmax", () -> calibration.weightAmax((path, weight) -> weight.amax(0)));
    used("correctBiases", calibration::correctBiases);
    used("sensitivity", calibration::sensitivity);
    used("advise", () -> calibration.advise(2));
    // A given alpha is applied to amax values that are known, with nothing to quantize.
    Calibration<ToyStack> given = calibration.smoothQuant(SmoothQuantOptions.alpha(0.5));
    Calibration<ToyStack> searched =
        used("search", () -> calibration.smoothQuant(SmoothQuantOptions.searchAlpha()));
    Calibration<ToyStack> swept =
        used("sweep", () -> calibration.smoothQuant(SmoothQuantOptions.sweepAlpha()));
    for (Calibration<ToyStack> smoothed : List.of(given, searched, swept)) {
      for (Diagnosis.Curves curves : Diagnosis.Curves.values()) {
        used("diagnose", () -> smoothed.diagnose(curves));
      }
      Quantized<ToyStack> frozen = used("freeze", smoothed::freeze);
      used("a smoothed model", () -> frozen.model().forward(batches.get(0)));
    }
    Training<ToyStack> training = used("train", () -> calibration.train(new Sgd(1e-4)));
    used("step", () -> training.step(net -> net.lossAndBackward(batches.get(0))));
    Quantized<ToyStack> trained = used("freeze", training::freeze);
    used("a trained model", () -> trained.model().forward(batches.get(0)));
    Quantized<ToyStack> quantized = used("freeze", calibration::freeze);
    used("a quantized model", () -> quantized.model().forward(batches.get(0)));
    Quantized<ToyStack> packed = used("compress", quantized::compress);
    used("a compressed model", () -> packed.model().forward(batches.get(0)));
  }

  private Plan<ToyStack> histogram() {
    return plan.describe("layers.0.x", QuantDescriptor.builder().calib(Calib.MSE).build());
  }

  @Test
  void aPlanWithoutThemHasTheActiveOnesAndGivesTheSameBits() {
    INDArray expected =
        ToyStack.plan(stack).calibrate(batches, ToyStack::forward).freeze().model().forward(x());
    assertEquals(0, calls.get());
    Quantized<ToyStack> counted = plan.calibrate(batches, ToyStack::forward).freeze();
    assertEquals(expected, counted.model().forward(x()));
    Quantized<ToyStack> reference =
        plan.withKernels(Kernels.named("reference")).calibrate(batches, ToyStack::forward).freeze();
    assertEquals(expected, reference.model().forward(x()));
  }

  private INDArray x() {
    return ToyStack.normal(7, 5, 8);
  }
}
