package dev.bitfold.benchmarks.peer;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** Gathers the sides of a kernel that maps the input to a tensor of its shape. */
final class Contestants {
  private final Tensors tensors;
  private final Map<Side, Runnable> sides = new EnumMap<>(Side.class);
  private final Map<Side, Runnable> writers = new EnumMap<>(Side.class);

  /**
   * Makes the sides for an input.
   *
   * @param ours writes {@link Tensors#ours}
   */
  Contestants(Tensors tensors, Runnable ours) {
    this.tensors = tensors;
    sides.put(Side.OURS, ours);
  }

  /** Adds an operation of libtorch that allocates its result. */
  Contestants operation(Supplier<Tensor> operation) {
    sides.put(Side.NATIVE, () -> operation.get().close());
    Tensor theirs = Tensors.view(tensors.theirs, tensors.n);
    writers.put(
        Side.NATIVE,
        () -> {
          try (Tensor result = operation.get()) {
            theirs.copy_(result.view(tensors.n));
          }
        });
    return this;
  }

  /** Adds a peer that writes {@link Tensors#theirs}. */
  Contestants writer(Side side, Runnable work) {
    sides.put(side, work);
    writers.put(side, work);
    return this;
  }

  /** Returns the contest. The peers must compute our values within the relative tolerance. */
  Contest contest(String kernel, double tolerance) {
    Agreement agreement = new Agreement(kernel, tolerance);
    Runnable ours = sides.get(Side.OURS);
    return new Contest(
        kernel,
        sides,
        () -> {
          if (ours != null) {
            ours.run();
          }
          agreement.prove(writers, tensors.ours, tensors.theirs);
        });
  }
}
