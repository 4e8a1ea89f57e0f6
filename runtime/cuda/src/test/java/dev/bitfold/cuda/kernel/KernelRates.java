package dev.bitfold.cuda.kernel;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.Constants;
import dev.bitfold.cuda.launch.KeptConstants;
import dev.bitfold.cuda.launch.Lane;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.launch.Maximum;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Scales;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Measures the speed of kernels on tensors on the device, compared with a copy there: {@code
 * KernelRates ELEMENTS FILE}. Tasks take turns, each several times in a row without waiting. A line
 * of the file has the name, the bytes read and written, and the median in milliseconds.
 */
public final class KernelRates {
  private static final int COLUMNS = 4096;
  private static final int ROUNDS = 21;
  private static final int IN_A_ROW = 10;
  private static final int BINS = 2048;
  private static final int CANDIDATES = 8;

  private final CudaDevice device = CudaProvider.device();
  private final long[] shape;
  private final int elements;
  private final Map<String, Work> works = new LinkedHashMap<>();

  /** What is timed: given to the stream. */
  private record Work(int bytes, Runnable run) {}

  private KernelRates(int elements) {
    this.shape = new long[] {elements / COLUMNS, COLUMNS};
    this.elements = elements / COLUMNS * COLUMNS;
  }

  /** Measures. */
  public static void main(String[] args) throws IOException {
    try {
      new KernelRates(Integer.parseInt(args[0])).measure(Path.of(args[1]));
    } catch (CudaException e) {
      System.err.println("the kernels' rates cannot be measured: " + e.getMessage());
      System.exit(1);
    }
  }

  private void measure(Path file) throws IOException {
    long bytes = 4L * elements;
    try (DeviceMemory x = device.allocate(bytes);
        DeviceMemory gradient = device.allocate(bytes);
        DeviceMemory out = device.allocate(bytes);
        KeptConstants constants = new KeptConstants()) {
      Lanes.of(device)
          .run(
              lane -> {
                FloatBuffer values = FloatBuffer.wrap(values());
                lane.staging().upload(values, elements, x.start());
                lane.staging().upload(values, elements, gradient.start());
                lane.stream().synchronize();
                Constants kept = constants.in(lane);
                Operations operations = new Operations(lane, kept, kept);
                works.put(
                    "copy", new Work(8, () -> lane.stream().copy(out.start(), x.start(), bytes)));
                DeviceTensorKernels fixed =
                    new DeviceTensorKernels(operations, x.start(), out.start());
                // Scales that a call finds are others in every call, and not worth keeping.
                DeviceTensorKernels dynamic =
                    new DeviceTensorKernels(
                        new Operations(lane, kept, lane), x.start(), out.start());
                quantizers()
                    .forEach(
                        (name, q) -> works.put(name, quantize(q, q.isFixed() ? fixed : dynamic)));
                reading(operations, x.start());
                gradients(operations, x.start(), gradient.start(), out.start());
                times(lane, file);
              });
    }
  }

  private float[] values() {
    float[] values = new float[elements];
    Random random = new Random(1);
    // The kernels' time does not depend on the values: few random numbers will do.
    for (int i = 0; i < values.length; i++) {
      values[i] = i < 1 << 20 ? (float) random.nextGaussian() : values[i - (1 << 20)];
    }
    return values;
  }

  private Map<String, Quantizer> quantizers() {
    INDArray amax = DenseFloats.array(new float[] {3});
    INDArray rows = DenseFloats.array(filled((int) shape[0]), shape[0], 1);
    INDArray columns = DenseFloats.array(filled(COLUMNS), 1, COLUMNS);
    Map<String, Quantizer> all = new LinkedHashMap<>();
    all.put("int8 per tensor", Quantizer.of(QuantDescriptor.bits(8)).withAmax(amax));
    all.put("int8 axis 0", Quantizer.of(QuantDescriptor.builder().axis(0).build()).withAmax(rows));
    all.put(
        "int8 last axis",
        Quantizer.of(QuantDescriptor.builder().axis(-1).build()).withAmax(columns));
    all.put(
        "int8 with a pre-quant scale",
        Quantizer.of(QuantDescriptor.bits(8))
            .withAmax(amax)
            .withPreQuantScale(DenseFloats.array(filled(COLUMNS), COLUMNS), -1));
    all.put(
        "int8 affine",
        Quantizer.of(QuantDescriptor.builder().affine(true).build())
            .withRange(DenseFloats.array(new float[] {-2}), amax));
    all.put("E4M3", Quantizer.of(QuantDescriptor.builder().bits(4, 3).build()).withAmax(amax));
    for (int block : new int[] {16, 32, 128}) {
      all.put("int8 dynamic blocks of " + block, Quantizer.of(blocks(block).bits(8).build()));
    }
    all.put(
        "int8 per token", Quantizer.of(QuantDescriptor.builder().axis(0).dynamic(true).build()));
    all.put("MXFP8", Quantizer.of(blocks(32).bits(4, 3).scaleBits(8, 0).build()));
    all.put("NVFP4", Quantizer.of(blocks(16).bits(2, 1).scaleBits(4, 3).build()));
    return all;
  }

  private static QuantDescriptor.Builder blocks(int size) {
    return QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, size)).dynamic(true);
  }

  private static float[] filled(int length) {
    float[] values = new float[length];
    Arrays.fill(values, 3);
    return values;
  }

  private Work quantize(Quantizer quantizer, DeviceTensorKernels tensor) {
    return new Work(8, () -> quantizer.quantize(shape, tensor));
  }

  /** What reads the tensor and writes next to nothing. */
  private void reading(Operations operations, DevicePointer x) {
    Groups whole = Groups.perTensor(shape);
    Groups channels = Groups.perIndex(shape, 1);
    float[] one = new float[1];
    float[] each = new float[COLUMNS];
    works.put(
        "amax", new Work(4, () -> operations.maxima().find(Maximum.AMAX, x, null, whole, one)));
    works.put(
        "amax of channels",
        new Work(4, () -> operations.maxima().find(Maximum.AMAX, x, null, channels, each)));
    float[] inverseWidth = {BINS / 6f};
    long[] counts = new long[BINS];
    works.put(
        "histogram",
        new Work(
            4, () -> operations.histograms().count(x, null, whole, inverseWidth, BINS, counts)));
    Scales[] candidates = new Scales[CANDIDATES];
    for (int c = 0; c < CANDIDATES; c++) {
      float[] scale = {127f / (c + 1)};
      candidates[c] = new Scales(scale, false, scale, true, new float[0]);
    }
    Grid grid = new Grid.Integers(-128, 127, Rounding.HALF_EVEN);
    double[][] errors = new double[CANDIDATES][1];
    works.put(
        "squared errors of " + CANDIDATES + " candidates",
        new Work(
            4 * CANDIDATES,
            () -> operations.sums().squaredErrors(x, null, whole, grid, candidates, errors)));
  }

  private void gradients(
      Operations operations, DevicePointer x, DevicePointer gradient, DevicePointer out) {
    Groups groups = Groups.perTensor(shape);
    float[] low = {-2};
    float[] high = {2};
    float[] step = {2f / 127};
    Clip clip = new Clip(low, high);
    GradientSums sums = GradientSums.ofStep(1);
    works.put(
        "clip gradient",
        new Work(12, () -> operations.sums().clipGradient(x, gradient, groups, clip, out, sums)));
    works.put(
        "learned step gradient",
        new Work(
            12, () -> operations.sums().stepGradient(x, gradient, groups, clip, step, out, sums)));
  }

  private void times(Lane lane, Path file) {
    Map<String, double[]> millis = new LinkedHashMap<>();
    works.keySet().forEach(name -> millis.put(name, new double[ROUNDS]));
    for (int round = -2; round < ROUNDS; round++) {
      for (Map.Entry<String, Work> work : works.entrySet()) {
        lane.stream().synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < IN_A_ROW; i++) {
          work.getValue().run().run();
          // The next call's memory is this one's: on a stream it comes after it.
          lane.reset();
        }
        lane.stream().synchronize();
        if (round >= 0) {
          millis.getOrDefault(work.getKey(), new double[ROUNDS])[round] =
              (System.nanoTime() - start) / 1e6 / IN_A_ROW;
        }
      }
    }
    StringBuilder lines = new StringBuilder();
    lines.append("device\t").append(device).append('\n');
    millis.forEach(
        (name, all) -> {
          Arrays.sort(all);
          long bytes = works.getOrDefault(name, new Work(0, () -> {})).bytes() * (long) elements;
          lines.append(String.format(Locale.ROOT, "%s\t%d\t%.6f%n", name, bytes, all[ROUNDS / 2]));
        });
    try {
      Files.writeString(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.print(lines);
  }
}
