package dev.bitfold.benchmarks;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.kernel.cpu.KernelThreads;
import dev.bitfold.quantizer.Quantizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Lists every operation of the kernels, on one thread, for groups in every arrangement in memory:
 * whole tensors, rows, columns, an axis in the middle, and blocks, including blocks that do not
 * fill a vector.
 */
public final class Walks implements Supplier<Map<String, Runnable>> {
  private static final int ROWS = 256;
  private static final int COLUMNS = 1000;
  private static final int N = ROWS * COLUMNS;
  private static final int CANDIDATES = 8;
  private static final int BINS = 512;
  private static final Grid INT8 = new Grid.Integers(-128, 127, Rounding.HALF_EVEN);
  private static final Grid E4M3 = new Grid.Floats(3, -6, 448, Rounding.HALF_EVEN);

  private final QuantKernels kernels = Kernels.active();
  private final FloatBuffer x = gaussian(1);
  private final FloatBuffer gradient = gaussian(2);
  private final FloatBuffer out = gaussian(3);
  private final Map<String, Runnable> works = new LinkedHashMap<>();

  /** Returns the tasks by name. Each may be run any number of times. */
  @Override
  public Map<String, Runnable> get() {
    KernelThreads.shared().setCount(1);
    long[] shape = {ROWS, COLUMNS};
    Map<String, Groups> all = new LinkedHashMap<>();
    all.put("per tensor", Groups.perTensor(shape));
    all.put("rows", Groups.perIndex(shape, 0));
    all.put("columns", Groups.perIndex(shape, 1));
    all.put("middle axis", Groups.perIndex(new long[] {32, 8, COLUMNS}, 1));
    all.put("blocks of 8", Groups.of(shape, new int[] {1, 8}));
    all.put("blocks of 100", Groups.of(shape, new int[] {1, 100}));
    all.forEach(this::each);
    onArrays();
    return works;
  }

  private void each(String name, Groups groups) {
    int count = groups.count();
    float[] first = new float[count];
    float[] second = new float[count];
    Source source = Source.of(x);
    works.put("amax, " + name, () -> kernels.amax(source, groups, first));
    works.put("range, " + name, () -> kernels.range(source, groups, first, second));
    Scales scales = scales(count, 127f / 4, false);
    works.put("int8, " + name, () -> kernels.fakeQuantize(source, groups, INT8, scales, out));
    Scales affine = scales(count, 127f / 4, true);
    works.put("affine, " + name, () -> kernels.fakeQuantize(source, groups, INT8, affine, out));
    Scales floats = scales(count, 448f / 4, false);
    works.put("E4M3, " + name, () -> kernels.fakeQuantize(source, groups, E4M3, floats, out));
    gradients(name, groups);
    Scales[] candidates = new Scales[CANDIDATES];
    Arrays.setAll(candidates, c -> scales(count, 127f / (4 - .2f * c), false));
    double[][] errors = new double[CANDIDATES][count];
    works.put(
        "errors, " + name, () -> kernels.squaredErrors(source, groups, INT8, candidates, errors));
    long[] counts = new long[count * BINS];
    float[] inverse = filled(count, BINS / 8f);
    works.put("bins, " + name, () -> kernels.histogram(source, groups, inverse, BINS, counts));
  }

  private void gradients(String name, Groups groups) {
    int count = groups.count();
    Clip clip = new Clip(filled(count, -2.5f), filled(count, 2.5f));
    float[] step = filled(count, 2.5f / 127);
    GradientSums clipped = GradientSums.ofClip(count);
    GradientSums stepped = GradientSums.ofStep(count);
    works.put(
        "clip gradient, " + name,
        () -> kernels.clipGradient(x, gradient, groups, clip, out, clipped));
    works.put(
        "step gradient, " + name,
        () -> kernels.stepGradient(x, gradient, groups, clip, step, out, stepped));
  }

  private void onArrays() {
    INDArray large = Nd4j.randn(DataType.FLOAT, ROWS, COLUMNS);
    INDArray result = large.dup();
    for (int size : new int[] {8, 40}) {
      Quantizer dynamic =
          Quantizer.of(
              QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, size)).dynamic(true).build());
      works.put("dynamic blocks of " + size, () -> dynamic.quantizeInto(large, result));
    }
    Quantizer smoothed =
        Quantizer.of(QuantDescriptor.builder().amax(4).build())
            .withPreQuantScale(Nd4j.ones(DataType.FLOAT, COLUMNS), -1);
    works.put("int8 after a pre-quant scale", () -> smoothed.quantizeInto(large, result));
    Calibrator calibrator =
        Calibrators.of(
            QuantDescriptor.builder().calib(Calib.PERCENTILE).bins(BINS).build(), Layout.UNKNOWN);
    works.put("histogram calibrator", () -> calibrator.observe(large));
    INDArray small = Nd4j.randn(DataType.FLOAT, 256);
    INDArray ofSmall = small.dup();
    Quantizer fixed = Quantizer.of(QuantDescriptor.builder().amax(4).build());
    works.put(
        "100 calls on 256 elements",
        () -> {
          for (int i = 0; i < 100; i++) {
            fixed.quantizeInto(small, ofSmall);
          }
        });
  }

  private static Scales scales(int count, float factor, boolean affine) {
    float[] by = filled(count, factor);
    return affine
        ? new Scales(by, false, by, true, filled(count, 3))
        : new Scales(by, false, by, true);
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }

  private static FloatBuffer gaussian(int seed) {
    FloatBuffer values =
        ByteBuffer.allocateDirect(N * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    Random random = new Random(seed);
    for (int i = 0; i < N; i++) {
      values.put(i, (float) random.nextGaussian());
    }
    return values;
  }
}
