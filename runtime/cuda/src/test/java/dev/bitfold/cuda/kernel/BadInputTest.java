package dev.bitfold.cuda.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Checks that whatever is missing, too old or too small is named, and that nothing is broken or
 * lost.
 */
class BadInputTest {
  private static final int INVALID_VALUE = 1;
  private static final String DRIVER = System.getProperty("bitfold.cuda.driver", "");
  private final StandIn.Controls standIn = StandIn.controls();

  @AfterEach
  void asItWas() {
    standIn.standin_set("driver_version", 13000);
    standIn.standin_set("devices", 1);
    standIn.standin_set("compute_capability", 90);
    standIn.standin_set("memory", 1L << 30);
    standIn.standin_set("lost", 0);
    assertEquals(0, standIn.standin_get("overruns"));
    assertEquals(0, standIn.standin_get("pushed"));
  }

  private static void unusable(String asked, String library, String because) {
    DeviceChoice choice = DeviceChoice.of(asked, library);
    assertEquals(null, choice.device());
    assertTrue(choice.why().contains(because), choice.why());
  }

  @Test
  void whatCannotBeUsedSaysWhy() {
    unusable("cuda", "/nowhere/libcuda.so", "there is no driver /nowhere/libcuda.so");
    unusable("cpu", DRIVER, "bitfold.device=cpu");
    unusable("cuda:1", DRIVER, "there is no device cuda:1; there are cuda:0 to cuda:0");
    standIn.standin_set("devices", 0);
    unusable("", DRIVER, "there is no device cuda:0; there is none");
    standIn.standin_set("devices", 1);
    standIn.standin_set("driver_version", 9020);
    unusable("cuda", DRIVER, "the NVIDIA driver is too old: it is for CUDA 9.2");
    standIn.standin_set("driver_version", 13000);
    standIn.standin_set("compute_capability", 61);
    unusable("cuda:0", DRIVER, "compute capability 6.1 and the kernels need 7.5");
    assertThrows(IllegalArgumentException.class, () -> DeviceChoice.of("gpu", DRIVER));
  }

  @Test
  void theOldestDriverThatIsAllowedTakesThePtx() {
    standIn.standin_set("driver_version", 10000);
    standIn.standin_set("compute_capability", 75);
    assertNotNull(DeviceChoice.of("cuda", DRIVER).device());
  }

  @Test
  void ptxThatADriverRefusesIsNamedAndTheContextGivenBack() {
    long contexts = standIn.standin_get("contexts");
    standIn.standin_fail("cuModuleLoadData", 222, 0);
    unusable("cuda", DRIVER, "cuModuleLoadData failed with CUDA_ERROR_UNSUPPORTED_PTX_VERSION");
    assertEquals(contexts, standIn.standin_get("contexts"));
  }

  @Test
  void aTensorThatDoesNotFitSaysHowMuchIsFree() {
    CudaKernels kernels = new CudaKernels(CudaDevice.open(DRIVER, 0));
    standIn.standin_set("memory", standIn.standin_get("used") + (1 << 20));
    FloatBuffer large = FloatBuffer.allocate(1 << 20);
    CudaException full =
        assertThrows(CudaException.class, () -> round(kernels, large, Groups.perTensor(1 << 20)));
    assertEquals("cuMemAlloc_v2", full.call());
    assertEquals(CudaException.OUT_OF_MEMORY, full.code());
    assertTrue(
        String.valueOf(full.getMessage()).contains("4194304 bytes were asked for"),
        full.getMessage());
    assertTrue(
        String.valueOf(full.getMessage()).contains(" are free on cuda:0"), full.getMessage());
    standIn.standin_set("memory", 1L << 30);
    round(kernels, large, Groups.perTensor(1 << 20));
    kernels.release();
  }

  @Test
  void afterAFailedCallTheNextOneWorksAndNothingIsLost() {
    CudaKernels kernels = new CudaKernels(CudaDevice.open(DRIVER, 0));
    FloatBuffer x = FloatBuffer.wrap(new float[] {1, 2, -3, 0.4f});
    Groups groups = Groups.perTensor(4);
    long[] before = resources();
    String[] calls = {
      "cuLaunchKernel",
      "cuMemcpyHtoDAsync_v2",
      "cuStreamSynchronize",
      "cuEventRecord",
      "cuMemAlloc_v2",
      "cuStreamCreate",
      "cuMemHostAlloc",
      "cuEventCreate"
    };
    for (String call : calls) {
      standIn.standin_fail(call, INVALID_VALUE, 0);
      CudaException failed =
          assertThrows(CudaException.class, () -> round(kernels, x, groups), call);
      assertEquals(call, failed.call());
      assertTrue(String.valueOf(failed.getMessage()).contains("CUDA_ERROR_INVALID_VALUE (1)"));
      assertArrayEquals(new float[] {1, 2, -3, 0}, round(kernels, x, groups));
      kernels.release();
      assertArrayEquals(before, resources(), call);
    }
  }

  /** A kernel that goes astray ends its context; the driver then refuses everything in it. */
  @Test
  void aLostContextIsNamedInEveryCallAndTheHostGoesOn() {
    CudaKernels kernels = new CudaKernels(CudaDevice.open(DRIVER, 0));
    FloatBuffer x = FloatBuffer.wrap(new float[] {1, 2, -3, 0.4f});
    Groups groups = Groups.perTensor(4);
    float[] expected = round(kernels, x, groups);
    kernels.release();
    standIn.standin_set("lost", 700);
    for (int i = 0; i < 3; i++) {
      CudaException lost = assertThrows(CudaException.class, () -> round(kernels, x, groups));
      assertEquals(700, lost.code());
      assertTrue(String.valueOf(lost.getMessage()).contains("CUDA_ERROR_ILLEGAL_ADDRESS (700)"));
      assertArrayEquals(expected, round(Kernels.named("cpu"), x, groups));
    }
  }

  @Test
  void tenThousandCallsKeepNothingMoreThanTheFirst() {
    CudaKernels kernels = new CudaKernels(CudaDevice.open(DRIVER, 0));
    long[] unused = resources();
    List<Runnable> calls = calls(kernels);
    calls.forEach(Runnable::run);
    long[] used = resources();
    for (int i = 0; i < 10_000; i++) {
      calls.get(i % calls.size()).run();
    }
    assertArrayEquals(used, resources());
    kernels.release();
    assertArrayEquals(unused, resources());
  }

  /** One of each kind. */
  private static List<Runnable> calls(CudaKernels kernels) {
    FloatBuffer x = FloatBuffer.wrap(new float[] {1, 2, -3, 0.4f});
    FloatBuffer out = FloatBuffer.allocate(4);
    Groups groups = Groups.perTensor(4);
    Grid grid = new Grid.Integers(-127, 127, Rounding.HALF_EVEN);
    float[] ones = {1};
    Clip clip = new Clip(new float[] {-2}, new float[] {2});
    GradientSums gradients = GradientSums.ofStep(1);
    double[][] sums = new double[1][1];
    Scales scales = new Scales(ones, false, ones, true);
    return List.of(
        () -> round(kernels, x, groups),
        () -> kernels.codes(Source.of(x), groups, grid, scales, out),
        () -> kernels.amax(Source.of(x), groups, new float[1]),
        () -> kernels.finiteAmax(Source.of(x), groups, new float[1]),
        () -> kernels.range(Source.of(x), groups, new float[1], new float[1]),
        () -> kernels.histogram(Source.of(x), groups, ones, 16, new long[16]),
        () -> kernels.squaredErrors(Source.of(x), groups, grid, new Scales[] {scales}, sums),
        () -> kernels.clipGradient(x, x, groups, clip, out, gradients),
        () -> kernels.stepGradient(x, x, groups, clip, ones, out, gradients));
  }

  @Test
  void threadsShareADevice() throws Exception {
    CudaKernels kernels = new CudaKernels(CudaDevice.open(DRIVER, 0));
    QuantKernels reference = Kernels.named("reference");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        long seed = t;
        futures.add(
            threads.submit(
                () -> {
                  Random random = new Random(seed);
                  for (int i = 0; i < 30; i++) {
                    int length = 1 + random.nextInt(9000);
                    FloatBuffer x = FloatBuffer.allocate(length);
                    for (int k = 0; k < length; k++) {
                      x.put(k, (float) random.nextGaussian() * 9);
                    }
                    Groups groups = Groups.of(new long[] {length}, new int[] {1000});
                    assertArrayEquals(round(reference, x, groups), round(kernels, x, groups));
                  }
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
    kernels.release();
  }

  private long[] resources() {
    return new long[] {
      standIn.standin_get("allocations"),
      standIn.standin_get("pinned"),
      standIn.standin_get("streams"),
      standIn.standin_get("events")
    };
  }

  private static float[] round(QuantKernels kernels, FloatBuffer x, Groups groups) {
    float[] ones = new float[groups.count()];
    java.util.Arrays.fill(ones, 1f);
    FloatBuffer out = FloatBuffer.allocate(groups.elements());
    kernels.fakeQuantize(
        Source.of(x),
        groups,
        new Grid.Integers(-127, 127, Rounding.HALF_EVEN),
        new Scales(ones, false, ones, true),
        out);
    return out.array();
  }
}
