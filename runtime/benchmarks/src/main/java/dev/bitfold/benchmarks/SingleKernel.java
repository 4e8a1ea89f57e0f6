package dev.bitfold.benchmarks;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.cpu.KernelThreads;
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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Measures one kernel on one thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SingleKernel {
  /** Names the format and granularity. */
  public enum Kind {
    /** Int8 with one fixed amax. */
    INT8,
    /** Int8 with an amax for each row. */
    INT8_ROWS,
    /** Int8 with an amax for each column. */
    INT8_COLUMNS,
    /** E4M3 with one fixed amax. */
    E4M3,
    /** Int8 in dynamic blocks of 32. */
    BLOCKS
  }

  @Param Kind kind = Kind.INT8;

  @Param({"16384", "1048576"})
  int n;

  private Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
  private INDArray x = Nd4j.empty(DataType.FLOAT);
  private INDArray out = Nd4j.empty(DataType.FLOAT);

  /** Makes the input. */
  @Setup
  public void prepare() {
    KernelThreads.shared().setCount(1);
    x = Nd4j.randn(DataType.FLOAT, n / 1024, 1024);
    out = x.dup();
    QuantDescriptor.Builder int8 = QuantDescriptor.builder().bits(8);
    quantizer =
        switch (kind) {
          case INT8 -> Quantizer.of(int8.amax(4).build());
          case INT8_ROWS -> perChannel(int8.axis(0).build());
          case INT8_COLUMNS -> perChannel(int8.axis(1).build());
          case E4M3 -> Quantizer.of(QuantDescriptor.builder().bits(4, 3).amax(4).build());
          case BLOCKS ->
              Quantizer.of(int8.dynamic(true).blockSizes(BlockSize.axis(-1, 32)).build());
        };
  }

  private Quantizer perChannel(QuantDescriptor descriptor) {
    Quantizer dynamic = Quantizer.of(descriptor);
    return dynamic.withAmax(dynamic.amax(x));
  }

  /** Quantizes into an existing array. */
  @Benchmark
  public INDArray quantizeInto() {
    return quantizer.quantizeInto(x, out);
  }

  /** Finds the largest magnitude of each group. */
  @Benchmark
  public INDArray amax() {
    return quantizer.amax(x);
  }
}
