package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.reconstruction.Reconstruction.Method;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Fits one weight: tries the methods one after another, and keeps what gives the least error of the
 * layer's output on the rows for judging. Rounding to nearest is among the choices.
 *
 * @param grid the numbers of the float weight
 * @param nearest the weight as its quantizer rounds it
 * @param fitted the moments that weights are fitted to
 * @param judging the moments that they are judged by
 * @param biased whether the layer has a bias, which takes up means
 */
record Fit(WeightGrid grid, INDArray nearest, Moments fitted, Moments judging, boolean biased) {
  /**
   * Holds what is better than rounding to nearest.
   *
   * @param weight the weight on its grid
   * @param scale what gives the weight its scales; empty if they follow from it
   * @param biasChange what to add to the bias, one value for each output channel; empty if the
   *     layer has none
   */
  record Better(INDArray weight, Optional<CalibratedScale> scale, Optional<INDArray> biasChange) {}

  /**
   * Holds the outcome.
   *
   * @param nearest the relative error of rounding to nearest
   * @param reached the relative error that was reached
   * @param better empty if rounding to nearest is best
   */
  record Result(Method method, double nearest, double reached, Optional<Better> better) {}

  private record Candidate(
      Method method, INDArray weight, Optional<CalibratedScale> scale, double error) {}

  private Weight weight() {
    return grid.weight();
  }

  Result best(ReconstructionOptions options, Factor factor) {
    Optional<Moments.Center> center = biased ? Optional.of(fitted.center()) : Optional.empty();
    Products judge = judging.products(center);
    Products plain = judging.products(Optional.empty());
    double energy = plain.energy(weight().rows());
    double nearestError = plain.error(weight().rows(), weight().rows(nearest));
    Candidate best = null;
    for (Candidate candidate : candidates(fitted.products(center), judge, options, factor)) {
      if (candidate.error() < (best == null ? nearestError : best.error())) {
        best = candidate;
      }
    }
    double relative = relative(nearestError, energy);
    if (best == null) {
      return new Result(Method.NEAREST, relative, relative, Optional.empty());
    }
    INDArray chosen = best.weight();
    Better better = new Better(chosen, best.scale(), center.map(mean -> biasChange(chosen, mean)));
    return new Result(best.method(), relative, relative(best.error(), energy), Optional.of(better));
  }

  /**
   * Returns the choice of the same method with all rows to fit to, unless it is worse on the rows
   * for judging. The errors stay those without these rows.
   *
   * @param chosen what was best with some rows held back
   */
  Result with(Moments all, Factor factor, Result chosen, ReconstructionOptions options) {
    Optional<Moments.Center> center = biased ? Optional.of(all.center()) : Optional.empty();
    Products judge = judging.products(center);
    double energy = judging.products(Optional.empty()).energy(weight().rows());
    for (Candidate same : candidates(all.products(center), judge, options, factor)) {
      if (same.method() == chosen.method() && relative(same.error(), energy) <= chosen.reached()) {
        return new Result(
            chosen.method(),
            chosen.nearest(),
            chosen.reached(),
            Optional.of(
                new Better(
                    same.weight(),
                    same.scale(),
                    center.map(mean -> biasChange(same.weight(), mean)))));
      }
    }
    return chosen;
  }

  private static double relative(double error, double energy) {
    return energy > 0 ? Math.sqrt(Math.max(error, 0) / energy) : 0;
  }

  private List<Candidate> candidates(
      Products products, Products judge, ReconstructionOptions options, Factor factor) {
    List<Candidate> candidates = new ArrayList<>();
    float[][] target = products.target(weight().rows(), factor);
    Steps steps = new StepSearch(grid, products.power()).of(target);
    candidate(Method.SCALES, Codes.nearest(grid, target, steps), judge).ifPresent(candidates::add);
    Codes gptq = Codes.gptq(grid, target, steps, factor);
    candidate(Method.GPTQ, gptq, judge).ifPresent(candidates::add);
    if (options.sweeps() > 0) {
      Codes descended = gptq.descended(target, products, options.sweeps());
      candidate(Method.DESCENT, descended, judge).ifPresent(candidates::add);
    }
    return candidates;
  }

  private Optional<Candidate> candidate(Method method, Codes codes, Products judge) {
    float[][] rows = weight().rows();
    return grid.rounded(codes.steps(), codes.rows())
        .map(
            array ->
                new Candidate(
                    method,
                    array,
                    grid.scale(codes.steps()),
                    judge.error(rows, weight().rows(array))));
  }

  /** Returns what the mean of each output channel lacks. */
  private INDArray biasChange(INDArray chosen, Moments.Center mean) {
    float[] change = new float[weight().out()];
    float[][] rows = weight().rows(chosen);
    for (int o = 0; o < change.length; o++) {
      double[] x = mean.x()[weight().channelGroup(o)];
      double[] q = mean.q()[weight().channelGroup(o)];
      double sum = 0;
      for (int i = 0; i < weight().in(); i++) {
        sum += (double) weight().rows()[o][i] * x[i] - (double) rows[o][i] * q[i];
      }
      change[o] = (float) sum;
    }
    return DenseFloats.array(change, change.length);
  }
}
