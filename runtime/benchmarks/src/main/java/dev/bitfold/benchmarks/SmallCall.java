package dev.bitfold.benchmarks;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures a call on a tensor of 256 elements, which mostly consists of costs that do not grow with
 * the tensor.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SmallCall {
  private final Quantizer quantizer =
      Quantizer.of(QuantDescriptor.builder().bits(8).amax(4).build());
  private final INDArray x = Nd4j.randn(DataType.FLOAT, 256);
  private final INDArray out = x.dup();

  /** Quantizes into an existing array. */
  @Benchmark
  public INDArray quantizeInto() {
    return quantizer.quantizeInto(x, out);
  }

  /** Quantizes into a new array. */
  @Benchmark
  public INDArray quantize() {
    return quantizer.quantize(x);
  }
}
