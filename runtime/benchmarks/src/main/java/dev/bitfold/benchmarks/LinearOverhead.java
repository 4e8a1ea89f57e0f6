package dev.bitfold.benchmarks;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import dev.bitfold.quantizer.Quantizer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the cost of fake quantization in a Linear layer of 512 tokens and 1024 × 1024 weights.
 * It times the int8 input (per tensor) and the int8 weight (per output channel), as a share of the
 * matrix product.
 */
@Command(name = "linear", description = "Fake-quant of a Linear layer as a share of its GEMM.")
public final class LinearOverhead implements Callable<Integer> {
  private static final int TOKENS = 512;
  private static final int WIDTH = 1024;

  private enum Part {
    GEMM,
    INPUT,
    WEIGHT
  }

  @Option(names = "--rounds", description = "How often each part is timed (default 31).")
  private int rounds = 31;

  @Option(names = "--threads", description = "Threads of the kernels and the GEMM (default 1).")
  private int threads = 1;

  @Override
  public Integer call() {
    KernelThreads.shared().setCount(threads);
    Nd4j.getEnvironment().setMaxThreads(threads);
    INDArray x = Nd4j.randn(DataType.FLOAT, TOKENS, WIDTH);
    INDArray weight = Nd4j.randn(DataType.FLOAT, WIDTH, WIDTH);
    INDArray xOut = x.dup();
    INDArray weightOut = weight.dup();
    INDArray y = Nd4j.create(DataType.FLOAT, TOKENS, WIDTH);
    openblas_nolapack.blas_set_num_threads(threads);
    Quantizer input = Quantizer.of(QuantDescriptor.builder().bits(8).amax(4).build());
    Quantizer perRow = Quantizer.of(QuantDescriptor.builder().bits(8).axis(0).build());
    Quantizer weights = perRow.withAmax(perRow.amax(weight));

    Map<Part, Runnable> parts = new EnumMap<>(Part.class);
    parts.put(Part.GEMM, () -> Nd4j.gemm(xOut, weightOut, y, false, true, 1, 0));
    parts.put(Part.INPUT, () -> input.quantizeInto(x, xOut));
    parts.put(Part.WEIGHT, () -> weights.quantizeInto(weight, weightOut));
    Map<Part, Double> medians = new InterleavedRounds(rounds, 1).medians(parts);

    double gemm = medians.getOrDefault(Part.GEMM, Double.NaN);
    double inputNanos = medians.getOrDefault(Part.INPUT, Double.NaN);
    double weightNanos = medians.getOrDefault(Part.WEIGHT, Double.NaN);
    System.out.println("| tier | threads | GEMM ms | input ms | weight ms | share of GEMM |");
    System.out.println("|---|--:|--:|--:|--:|--:|");
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.2f | %.3f | %.3f | %.1f %% |%n",
        Kernels.active().name(),
        threads,
        gemm / 1e6,
        inputNanos / 1e6,
        weightNanos / 1e6,
        100 * (inputNanos + weightNanos) / gemm);
    return 0;
  }
}
