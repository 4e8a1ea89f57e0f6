package dev.bitfold.benchmarks;

import dev.bitfold.Plan;
import dev.bitfold.Training;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import dev.bitfold.layer.Component;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.ResetPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the cost of quantizers in training: forward and backward of a Linear layer of 512 rows
 * and 1024 × 1024 weights, int8 per output channel with inputs per tensor, relative to the float
 * layer.
 */
@Command(name = "training", description = "Forward and backward of a fake-quantized Linear layer.")
public final class TrainingOverhead implements Callable<Integer> {
  private static final int ROWS = 512;
  private static final int WIDTH = 1024;

  /** The memory of one step is reused by the next, as in usual training with ND4J. */
  private static final WorkspaceConfiguration GROWING =
      WorkspaceConfiguration.builder()
          .policyAllocation(AllocationPolicy.STRICT)
          .policyLearning(LearningPolicy.FIRST_LOOP)
          .policyReset(ResetPolicy.BLOCK_LEFT)
          .build();

  private enum Layer {
    FLOAT,
    CLIP,
    LSQ
  }

  @Option(names = "--rounds", description = "How often each layer is timed (default 151).")
  private int rounds = 151;

  @Option(names = "--threads", description = "Threads of the kernels and the GEMM (default 1).")
  private int threads = 1;

  @Override
  public Integer call() {
    KernelThreads.shared().setCount(threads);
    Nd4j.getEnvironment().setMaxThreads(threads);
    openblas_nolapack.blas_set_num_threads(threads);
    INDArray x = Nd4j.randn(DataType.FLOAT, ROWS, WIDTH);
    INDArray gradient = Nd4j.randn(DataType.FLOAT, ROWS, WIDTH);
    TrainedLinear layer = new TrainedLinear(Nd4j.randn(DataType.FLOAT, WIDTH, WIDTH));

    Map<Layer, Runnable> work = new EnumMap<>(Layer.class);
    work.put(Layer.FLOAT, () -> both(layer, x, gradient));
    TrainedLinear clip = trained(layer, x, Ste.CLIP);
    work.put(Layer.CLIP, () -> both(clip, x, gradient));
    TrainedLinear lsq = trained(layer, x, Ste.LSQ);
    work.put(Layer.LSQ, () -> both(lsq, x, gradient));
    Map<Layer, Double> medians = new InterleavedRounds(rounds, 1).medians(work);

    double base = medians.getOrDefault(Layer.FLOAT, Double.NaN);
    System.out.println("| tier | threads | layer | ms | ratio |");
    System.out.println("|---|--:|---|--:|--:|");
    medians.forEach(
        (key, nanos) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %d | %s | %.2f | %.3f |%n",
                Kernels.active().name(),
                threads,
                key,
                nanos / 1e6,
                nanos / base));
    return 0;
  }

  private static TrainedLinear trained(TrainedLinear layer, INDArray x, Ste ste) {
    QuantDescriptor weight = QuantDescriptor.builder().bits(8).per("O").ste(ste).build();
    QuantDescriptor input = QuantDescriptor.builder().bits(8).ste(ste).build();
    Training<TrainedLinear> training =
        Plan.of(layer, Component.<TrainedLinear>layer(TrainedLinear.type(weight, input)))
            .calibrate(List.of(x), TrainedLinear::forward)
            .train(new Sgd(0));
    return training.model();
  }

  @SuppressWarnings("try") // the workspace is where new arrays are, and is not named
  private static void both(TrainedLinear layer, INDArray x, INDArray gradient) {
    try (MemoryWorkspace workspace =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace(GROWING, "step")) {
      layer.forward(x);
      layer.backward(x, gradient);
    }
  }
}
