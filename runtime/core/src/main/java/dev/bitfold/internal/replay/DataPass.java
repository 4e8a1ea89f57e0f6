package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Pass;
import dev.bitfold.calibration.Passes;
import dev.bitfold.descriptor.BitfoldException;
import java.io.Serial;
import java.lang.management.ManagementFactory;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs a task over the user's batches. It checks that the model is the one of the JVM that began
 * the pass, and may gather a sample of the batches.
 */
final class DataPass<M, B, A extends Accumulator<A>>
    implements Pass<PassModel<M>, B, Gathered<B, A>> {
  @Serial private static final long serialVersionUID = 1;

  private final String name;
  private final PassTask<A> task;
  private final Passes.Step<? super M, ? super B> step;
  private final LinkedHashMap<String, Long> weights;
  private final boolean sampling;

  /**
   * Prepares a pass.
   *
   * @param weights the fingerprints of the model's weights and biases
   * @param sampling whether a sample is gathered
   */
  DataPass(
      String name,
      PassTask<A> task,
      Passes.Step<? super M, ? super B> step,
      FloatWeights weights,
      boolean sampling) {
    this.name = name;
    this.task = task;
    this.step = step;
    this.weights = new LinkedHashMap<>(weights.fingerprints());
    this.sampling = sampling;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Gathered<B, A> empty(PassModel<M> model) {
    return new Gathered<>(task.empty(model.planned().shape()));
  }

  @Override
  public void run(
      PassModel<M> model, Iterator<? extends B> batches, String share, Gathered<B, A> into) {
    try {
      requireSame(model);
      Latest<Shared> latest = new Latest<>(new Share(batches, into));
      if (!task.run(model.planned(), () -> new Ready(latest), into.seen())) {
        into.refuse(latest.get().orElseThrow().kept(0));
      }
      List<KeptBatch<B>> sample = into.sample();
      sample.forEach(KeptBatch::requireLasting);
      if (!sample.isEmpty()) {
        into.witness(jvm(), Witness.of(model.planned(), step, share, sample.get(0)));
      }
    } catch (BitfoldException | IllegalArgumentException | IllegalStateException e) {
      throw share.isEmpty() && e instanceof CalibrationException c
          ? c
          : new CalibrationException((share.isEmpty() ? "" : share + ", ") + e.getMessage(), e);
    }
  }

  /** Returns a name of this JVM: its process and its machine. */
  private static String jvm() {
    return ManagementFactory.getRuntimeMXBean().getName();
  }

  private void requireSame(PassModel<M> model) {
    Map<String, Long> own = model.weights().fingerprints();
    for (Map.Entry<String, Long> weight : weights.entrySet()) {
      Long here = own.get(weight.getKey());
      if (!weight.getValue().equals(here)) {
        throw new CalibrationException(
            jvm()
                + " holds another model than the driver: "
                + weight.getKey()
                + (here == null ? " is missing" : " has other values")
                + "; the supplier of the model must give the same one everywhere");
      }
    }
    for (String path : own.keySet()) {
      if (!weights.containsKey(path)) {
        throw new CalibrationException(
            jvm() + " holds another model than the driver, which has no " + path);
      }
    }
  }

  static long fingerprint(INDArray output) {
    return output.dataType().isFPType() ? Fingerprint.of(output) : BatchSeals.of(output);
  }

  /** A batch of a share, which is sampled when it is run for the first time. */
  private final class Shared {
    private final B batch;
    private final int number;
    private final long seal;
    private final Gathered<B, A> into;
    private boolean ran;

    Shared(B batch, int number, Gathered<B, A> into) {
      this.batch = batch;
      this.number = number;
      this.into = into;
      this.seal = BatchSeals.of(batch);
      into.count(seal);
    }

    INDArray run(M model) {
      INDArray output = NumberedBatches.run(model, batch, number, step);
      if (sampling && !ran) {
        ran = true;
        into.offer(kept(BatchSeals.mixed(seal, fingerprint(output))));
      }
      return output;
    }

    KeptBatch<B> kept(long key) {
      return new KeptBatch<>(key, seal, number, batch);
    }
  }

  /** Iterates over a share, and counts. */
  private final class Share implements Iterator<Shared> {
    private final Iterator<? extends B> batches;
    private final Gathered<B, A> into;
    private int next;

    Share(Iterator<? extends B> batches, Gathered<B, A> into) {
      this.batches = batches;
      this.into = into;
    }

    @Override
    public boolean hasNext() {
      return batches.hasNext();
    }

    @Override
    public Shared next() {
      B batch = batches.next();
      int number = next++;
      if (batch == null) {
        throw new CalibrationException("batch " + number + " is null");
      }
      return new Shared(batch, number, into);
    }
  }

  /** Iterates over batches that are ready to be run. */
  private final class Ready implements Iterator<Replay.Batch<M>> {
    private final Iterator<Shared> share;

    Ready(Iterator<Shared> share) {
      this.share = share;
    }

    @Override
    public boolean hasNext() {
      return share.hasNext();
    }

    @Override
    public Replay.Batch<M> next() {
      Shared batch = share.next();
      Function<M, INDArray> forward = batch::run;
      return new Replay.Batch<>(batch.number, batch.number == 0, forward);
    }
  }
}
