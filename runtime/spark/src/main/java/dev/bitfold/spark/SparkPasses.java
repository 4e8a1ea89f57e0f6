package dev.bitfold.spark;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Pass;
import dev.bitfold.calibration.Passes;
import dev.bitfold.calibration.Progress;
import dev.bitfold.descriptor.BitfoldException;
import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the passes of a calibration on a Spark cluster.
 *
 * <pre>{@code
 * Passes<Batch> passes = SparkPasses.on(batches, () -> EncoderQuantizer.of(Encoder.load(path)));
 * EncoderQuantizer.of(encoder).calibrate(passes, Encoder::forward).smoothQuant().freeze();
 * }</pre>
 *
 * <p>The bits of the result depend neither on the partitions, nor on their order, nor on tasks that
 * fail and are repeated. Each pass computes the batches anew unless the RDD is persisted. Safe for
 * concurrent use, if the model's forward is.
 *
 * @param <B> the type of a batch; serializable
 */
public final class SparkPasses<B> implements Passes<B> {
  private static final Logger LOG = LoggerFactory.getLogger(SparkPasses.class);
  private static final long POLL_MILLIS = 100;

  private final JavaSparkContext context;
  private final JavaRDD<B> batches;
  private final byte[] supplier;
  private final String modelKey = UUID.randomUUID().toString();

  private SparkPasses(JavaSparkContext context, JavaRDD<B> batches, byte[] supplier) {
    this.context = context;
    this.batches = batches;
    this.supplier = supplier;
  }

  /**
   * Returns passes over an RDD.
   *
   * @param batches the batches, serializable; the same in each pass, in any order
   * @param model makes the plan of the model that is calibrated, once in each JVM
   * @throws IllegalArgumentException if the supplier cannot be serialized; the message names the
   *     class that it captures
   */
  public static <B> SparkPasses<B> on(JavaRDD<B> batches, PlanSupplier model) {
    Objects.requireNonNull(batches, "batches");
    Objects.requireNonNull(model, "model");
    byte[] supplier = bytes(model, "the supplier of the model");
    return new SparkPasses<>(
        JavaSparkContext.fromSparkContext(batches.context()), batches, supplier);
  }

  /**
   * Returns passes over the rows of a data set.
   *
   * @param batching makes batches of the rows of one partition; what a batch holds then depends on
   *     the partitions, so repartition the data set in a fixed way where results are compared
   * @param model as for {@link #on(JavaRDD, PlanSupplier)}
   * @throws IllegalArgumentException as {@link #on(JavaRDD, PlanSupplier)} does
   */
  public static <B> SparkPasses<B> on(
      Dataset<Row> rows, FlatMapFunction<Iterator<Row>, B> batching, PlanSupplier model) {
    Objects.requireNonNull(rows, "rows");
    Objects.requireNonNull(batching, "batching");
    return on(rows.toJavaRDD().mapPartitions(batching), model);
  }

  private static byte[] bytes(Object object, String what) {
    try {
      return ObjectBytes.of(object);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          what
              + " cannot be sent to executors: it captures what is not serializable ("
              + e.getMessage()
              + "); let it capture paths and settings only",
          e);
    }
  }

  @Override
  public <W, A extends Accumulator<A>> A run(
      Pass<W, B, A> pass, W own, Progress.Listener progress) {
    progress.onProgress(new Progress(pass.name(), 0, OptionalLong.empty()));
    if (batches.getNumPartitions() == 0) {
      return pass.empty(own);
    }
    byte[] bytes = bytes(pass, "the pass with its forward function");
    // The driver merges, and runs tasks if it is a cluster of one.
    SentPass.use(modelKey, own);
    Broadcast<byte[]> sentSupplier = context.broadcast(supplier);
    SentPass<W, B, A> sent =
        new SentPass<>(
            modelKey, UUID.randomUUID().toString(), sentSupplier, context.broadcast(bytes));
    try {
      byte[] all = run(sent, pass.name(), progress);
      LOG.info(
          "the pass '{}' gave {} bytes, and its task has {}",
          pass.name(),
          all.length,
          bytes.length);
      return sent.read(all);
    } finally {
      sent.end();
      sentSupplier.destroy();
    }
  }

  private <W, A extends Accumulator<A>> byte[] run(
      SentPass<W, B, A> sent, String name, Progress.Listener progress) {
    LongAccumulator done = context.sc().longAccumulator();
    CollectionAccumulator<String> refusals = context.sc().collectionAccumulator();
    String job = UUID.randomUUID().toString();
    CompletableFuture<byte[]> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                context.setJobGroup(job, "Bitfold: " + name);
                result.complete(
                    batches
                        .mapPartitionsWithIndex(new ShareTask<>(sent, done, refusals), true)
                        .treeReduce(new MergeTask<>(sent)));
              } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
              }
            },
            "bitfold " + name);
    thread.setDaemon(true);
    thread.start();
    try {
      return await(result, name, done, refusals, progress);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CalibrationException("the pass '" + name + "' was interrupted", e);
    } finally {
      if (!result.isDone()) {
        context.cancelJobGroup(job);
      }
    }
  }

  private static byte[] await(
      CompletableFuture<byte[]> result,
      String name,
      LongAccumulator done,
      CollectionAccumulator<String> refusals,
      Progress.Listener progress)
      throws InterruptedException {
    long told = 0;
    while (true) {
      try {
        byte[] all = result.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
        told = tell(name, done, told, progress);
        requireNone(refusals);
        return all;
      } catch (TimeoutException e) {
        told = tell(name, done, told, progress);
        requireNone(refusals);
      } catch (ExecutionException e) {
        requireNone(refusals);
        throw failed(name, e.getCause() == null ? e : e.getCause());
      }
    }
  }

  private static long tell(
      String name, LongAccumulator done, long told, Progress.Listener progress) {
    long now = done.value();
    if (now > told) {
      progress.onProgress(new Progress(name, now, OptionalLong.empty()));
    }
    return now;
  }

  private static void requireNone(CollectionAccumulator<String> refusals) {
    List<String> all = refusals.value();
    if (!all.isEmpty()) {
      throw new CalibrationException(Collections.min(List.copyOf(all)));
    }
  }

  /** Returns what a task said of the data, or else what Spark says of the job. */
  private static CalibrationException failed(String name, Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof BitfoldException || e instanceof IllegalArgumentException) {
        return new CalibrationException(
            Objects.requireNonNullElse(e.getMessage(), e.toString()), failure);
      }
    }
    return new CalibrationException(
        "the pass '" + name + "' failed on the cluster: " + failure.getMessage(), failure);
  }
}
