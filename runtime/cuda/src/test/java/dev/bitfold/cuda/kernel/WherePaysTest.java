package dev.bitfold.cuda.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.lang.reflect.Proxy;
import java.nio.FloatBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that scans run on the device from the size on at which it was measured to be faster, and
 * that they do not fail because of a device.
 */
@Tag("any-jdk")
class WherePaysTest {
  private static final int MEBI = 1 << 20;

  private final AtomicLong now = new AtomicLong();
  private int deviceCalls;
  private int hostCalls;

  /** A call's time, in nanoseconds. */
  private interface Time {
    double of(int elements, int candidates);
  }

  /** Kernels that do nothing but take time. */
  private QuantKernels taking(Time time, Runnable called) {
    return (QuantKernels)
        Proxy.newProxyInstance(
            QuantKernels.class.getClassLoader(),
            new Class<?>[] {QuantKernels.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("name")) {
                return "host";
              }
              assertEquals("squaredErrors", method.getName());
              called.run();
              int elements = ((Groups) arguments[1]).elements();
              now.addAndGet((long) time.of(elements, ((Scales[]) arguments[3]).length));
              return null;
            });
  }

  private WherePays between(Time device, Time host) {
    return new WherePays(
        taking(device, () -> deviceCalls++), taking(host, () -> hostCalls++), now::get);
  }

  private static Scales[] candidates(int count) {
    Scales[] candidates = new Scales[count];
    for (int c = 0; c < count; c++) {
      float[] scale = {50f / (c + 1)};
      candidates[c] = new Scales(scale, false, scale, true);
    }
    return candidates;
  }

  private static double[][] scan(QuantKernels kernels, FloatBuffer x, int elements, int count) {
    double[][] errors = new double[count][1];
    Grid grid = new Grid.Integers(-128, 127, Rounding.HALF_EVEN);
    kernels.squaredErrors(
        Source.of(x), Groups.perTensor(elements), grid, candidates(count), errors);
    return errors;
  }

  /** Whether a scan goes to the device. */
  private boolean onDevice(WherePays kernels, int elements, int count) {
    int before = deviceCalls;
    scan(kernels, FloatBuffer.allocate(0), elements, count);
    return deviceCalls > before;
  }

  @Test
  void fromWhereOnTheDeviceIsFasterFollowsFromTheMeasurement() {
    // Per element: 0.5 for each candidate on the host; 2 for the trip and 0.1 for each on the
    // device.
    WherePays kernels = between((n, c) -> 100_000 + n * (2 + 0.1 * c), (n, c) -> 0.5 * n * c);
    assertFalse(onDevice(kernels, MEBI, 7));
    assertEquals(0, deviceCalls, "nothing is measured for a small scan");
    // The first that may be worth it. At 5 candidates both take as long.
    hostCalls = 0;
    scan(kernels, FloatBuffer.allocate(0), 2 * MEBI, 4);
    int measured = deviceCalls;
    assertTrue(measured > 0 && hostCalls > 1, measured + " and " + hostCalls);
    assertFalse(onDevice(kernels, 64 * MEBI, 4));
    assertTrue(onDevice(kernels, 64 * MEBI, 6));
    assertTrue(onDevice(kernels, MEBI, 100));
    assertEquals(measured + 2, deviceCalls, "it is measured once");
  }

  @Test
  void aSlowDeviceIsNeverAsked() {
    WherePays kernels = between((n, c) -> 30.0 * n * c, (n, c) -> 0.5 * n * c);
    scan(kernels, FloatBuffer.allocate(0), 64 * MEBI, 2);
    assertFalse(onDevice(kernels, 64 * MEBI, 1000));
  }

  @Test
  void whatTheDeviceFailsTheHostDoes() {
    QuantKernels host = Kernels.named("reference");
    int elements = 2 * MEBI;
    float[] values = new float[elements];
    Random random = new Random(1);
    for (int i = 0; i < elements; i++) {
      values[i] = (float) random.nextGaussian();
    }
    FloatBuffer x = FloatBuffer.wrap(values);
    StandIn.Controls standIn = StandIn.controls();
    QuantKernels device = new CudaKernels(CudaProvider.device());
    WherePays kernels = new WherePays(device, slow(host), now::get);
    double[][] expected = scan(host, x, elements, 4);
    double[][] byDevice = scan(kernels, x, elements, 4);
    hostCalls = 0;
    standIn.standin_fail("cuLaunchKernel", CudaException.OUT_OF_MEMORY, 0);
    double[][] byHost = scan(kernels, x, elements, 4);
    for (int c = 0; c < 4; c++) {
      assertArrayEquals(expected[c], byDevice[c]);
      assertArrayEquals(expected[c], byHost[c]);
    }
    assertEquals(2, hostCalls, "its name and the scan");
  }

  /** A host that takes a second for each call. */
  private QuantKernels slow(QuantKernels host) {
    return (QuantKernels)
        Proxy.newProxyInstance(
            QuantKernels.class.getClassLoader(),
            new Class<?>[] {QuantKernels.class},
            (proxy, method, arguments) -> {
              hostCalls++;
              now.addAndGet(1_000_000_000);
              return method.invoke(host, arguments);
            });
  }
}
