package dev.bitfold.cuda.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.kernel.CudaProvider;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks that a tensor is copied to and from a device completely, leaves nothing there, and reports
 * what is wrong.
 */
@Tag("slow")
@Tag("any-jdk")
class DeviceTensorTest {
  private final CudaDevice device = CudaProvider.device();
  private final StandIn.Controls standIn = StandIn.controls();

  @AfterEach
  void nothingIsWrittenBeyondItsEnd() {
    standIn.standin_set("memory", 1L << 30);
    assertEquals(0, standIn.standin_get("overruns"));
    assertEquals(0, standIn.standin_get("pushed"));
  }

  @Test
  void anArrayOfAnyOrderComesAndGoes() {
    INDArray x = Nd4j.linspace(-3, 7, 24, DataType.FLOAT).reshape('c', 2, 3, 4);
    for (INDArray from :
        new INDArray[] {x, x.dup('f'), x.permute(2, 0, 1), x.castTo(DataType.DOUBLE)}) {
      try (DeviceTensor tensor = DeviceTensor.copyOf(device, from)) {
        assertArrayEquals(from.shape(), tensor.shape());
        assertEquals(24, tensor.length());
        assertEquals(DataType.FLOAT, tensor.toHost().dataType());
        assertEquals(from.castTo(DataType.FLOAT), tensor.toHost());
        INDArray out = Nd4j.create(DataType.FLOAT, from.shape()).dup('f');
        assertSame(out, tensor.copyTo(out));
        assertEquals(from.castTo(DataType.FLOAT), out);
      }
    }
    try (DeviceTensor scalar = DeviceTensor.copyOf(device, Nd4j.scalar(4.5f))) {
      assertEquals(0, scalar.shape().length);
      assertEquals(4.5f, scalar.toHost().getFloat());
    }
  }

  /** More than both halves of the staging, so that they take turns. */
  @Test
  void aLargeTensorGoesThroughBothBuffers() {
    int length = 5_000_003;
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = i;
    }
    try (DeviceTensor tensor = DeviceTensor.copyOf(device, DenseFloats.array(values, length));
        DeviceTensor copy = tensor.copy()) {
      assertArrayEquals(values, DenseFloats.of(copy.toHost(), "a tensor").copy());
    }
  }

  @Test
  void aClosedTensorIsRefusedEverywhere() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    INDArray x = Nd4j.createFromArray(1f, 2f);
    DeviceTensor tensor = DeviceTensor.copyOf(device, x);
    tensor.close();
    tensor.close();
    assertTrue(tensor.isClosed());
    List<Runnable> uses =
        List.of(
            tensor::toHost,
            () -> tensor.copyTo(x),
            () -> tensor.copyFrom(x),
            tensor::copy,
            () -> tensor.quantize(quantizer),
            () -> tensor.quantizeInPlace(quantizer),
            () -> tensor.codes(quantizer),
            () -> tensor.amax(quantizer));
    long before = standIn.standin_get("allocations");
    for (Runnable use : uses) {
      IllegalStateException closed = assertThrows(IllegalStateException.class, use::run);
      assertEquals("the DeviceTensor of shape [2] on cuda:0 is closed", closed.getMessage());
    }
    assertTrue(standIn.standin_get("allocations") <= before);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (DeviceTensor tensor = DeviceTensor.uninitialized(device, 2, 3)) {
      IllegalArgumentException other =
          assertThrows(
              IllegalArgumentException.class,
              () -> tensor.copyFrom(Nd4j.create(DataType.FLOAT, 3, 2)));
      assertEquals(
          "an array of FLOAT and shape [3, 2] for a DeviceTensor of shape [2, 3] on cuda:0",
          other.getMessage());
      assertThrows(
          IllegalArgumentException.class, () -> tensor.copyTo(Nd4j.create(DataType.FLOAT, 6)));
      assertThrows(
          IllegalArgumentException.class, () -> tensor.copyTo(Nd4j.create(DataType.INT32, 2, 3)));
    }
    long before = standIn.standin_get("allocations");
    assertThrows(
        IllegalArgumentException.class,
        () -> DeviceTensor.copyOf(device, Nd4j.create(DataType.INT32, 2, 3)));
    assertThrows(IllegalArgumentException.class, () -> DeviceTensor.uninitialized(device, 2, 0));
    assertThrows(
        IllegalArgumentException.class, () -> DeviceTensor.uninitialized(device, 1 << 16, 1 << 15));
    assertEquals(before, standIn.standin_get("allocations"));
  }

  @Test
  void aTensorLargerThanTheDeviceSaysHowMuchIsFree() {
    Lanes.of(device).release();
    long free = 3 << 20;
    standIn.standin_set("memory", standIn.standin_get("used") + free);
    CudaException full =
        assertThrows(
            CudaException.class, () -> DeviceTensor.uninitialized(device, 1024, 1025).close());
    assertEquals(CudaException.OUT_OF_MEMORY, full.code());
    assertEquals("cuMemAlloc_v2", full.call());
    String message = String.valueOf(full.getMessage());
    assertTrue(
        message.contains("4198400 bytes were asked for, " + free + " are free on cuda:0"), message);
    assertThrows(
        CudaException.class,
        () -> DeviceTensor.copyOf(device, Nd4j.create(DataType.FLOAT, 1024, 1025)).close());
    standIn.standin_set("memory", 1L << 30);
    DeviceTensor.copyOf(device, Nd4j.create(DataType.FLOAT, 1024, 1025)).close();
  }

  @Test
  void aFailedCopyKeepsNothing() {
    INDArray x = Nd4j.createFromArray(1f, 2f);
    DeviceTensor.copyOf(device, x).close();
    Lanes.of(device).release();
    long before = standIn.standin_get("allocations");
    for (String call : new String[] {"cuMemcpyHtoDAsync_v2", "cuStreamSynchronize"}) {
      standIn.standin_fail(call, 1, 0);
      CudaException failed =
          assertThrows(CudaException.class, () -> DeviceTensor.copyOf(device, x).close());
      assertEquals(call, failed.call());
      Lanes.of(device).release();
      assertEquals(before, standIn.standin_get("allocations"));
    }
  }

  /** ND4J frees an array that nobody knows any more; a copy of it that is under way does. */
  @Test
  void anArrayLivesUntilItIsCopied() throws Exception {
    int length = 12_000_000;
    List<WeakReference<INDArray>> known = new ArrayList<>();
    CountDownLatch started = new CountDownLatch(1);
    long uploads = standIn.standin_get("uploads");
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<DeviceTensor> copied =
          thread.submit(
              () -> {
                INDArray x = Nd4j.valueArrayOf(new long[] {length}, 3f, DataType.FLOAT);
                known.add(new WeakReference<>(x));
                started.countDown();
                return DeviceTensor.copyOf(device, x);
              });
      started.await();
      // Six pieces go one after the other; the array is there before the last has gone.
      while (standIn.standin_get("uploads") < uploads + 4 && !copied.isDone()) {
        System.gc();
        boolean there = known.get(0).get() != null;
        if (standIn.standin_get("uploads") < uploads + 4) {
          assertTrue(there);
        }
      }
      try (DeviceTensor tensor = copied.get()) {
        known.clear();
        System.gc();
        for (float value : DenseFloats.of(tensor.toHost(), "a tensor").copy()) {
          if (value != 3f) {
            assertEquals(3f, value);
          }
        }
      }
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void anArrayThatIsClosedAfterTheCopyIsNotMissed() {
    INDArray x = Nd4j.valueArrayOf(new long[] {3_000_000}, 2f, DataType.FLOAT);
    try (DeviceTensor tensor = DeviceTensor.copyOf(device, x)) {
      x.close();
      assertEquals(6e6, tensor.toHost().sumNumber().doubleValue());
    }
  }

  @Test
  void whoeverForgetsATensorIsWarnedWithThePlaceAndNothingIsLost() throws Exception {
    DeviceTensor.copyOf(device, Nd4j.createFromArray(1f)).close();
    long before = standIn.standin_get("allocations");
    PrintStream err = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      forget();
      long end = System.nanoTime() + 20_000_000_000L;
      while (standIn.standin_get("allocations") > before && System.nanoTime() < end) {
        System.gc();
      }
    } finally {
      System.setErr(err);
    }
    assertEquals(before, standIn.standin_get("allocations"));
    String text = log.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("the DeviceTensor of shape [7, 11] on cuda:0 was never closed"), text);
    assertTrue(text.contains("DeviceTensorTest.forget("), text);
    assertFalse(text.contains("[1]"), text);
  }

  private void forget() {
    assertNotNull(DeviceTensor.uninitialized(device, 7, 11));
  }

  /** What one thread closes while another uses it is given back afterwards. */
  @Test
  void aTensorInUseOutlivesItsClosing() throws Exception {
    INDArray x = Nd4j.linspace(1, 1000, 1000, DataType.FLOAT);
    DeviceTensor tensor = DeviceTensor.copyOf(device, x);
    long before = standIn.standin_get("allocations");
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> use =
          thread.submit(
              () ->
                  tensor.use(
                      start -> {
                        inside.countDown();
                        try {
                          closed.await();
                        } catch (InterruptedException e) {
                          throw new IllegalStateException(e);
                        }
                        assertEquals(before, standIn.standin_get("allocations"));
                      }));
      inside.await();
      tensor.close();
      assertThrows(IllegalStateException.class, tensor::toHost);
      closed.countDown();
      use.get();
      assertEquals(before - 1, standIn.standin_get("allocations"));
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void threadsShareATensor() throws Exception {
    INDArray x = Nd4j.linspace(-9, 9, 3000, DataType.FLOAT).reshape(30, 100);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (DeviceTensor tensor = DeviceTensor.copyOf(device, x)) {
      List<Future<?>> futures = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().bits(3 + t).axis(0).build());
        INDArray expected = quantizer.quantize(x);
        futures.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    try (DeviceTensor quantized = tensor.quantize(quantizer)) {
                      assertEquals(expected, quantized.toHost());
                    }
                  }
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void thousandsOfTensorsKeepNothing() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    INDArray x = Nd4j.createFromArray(1f, -2f, 3f, 0.25f);
    work(quantizer, x);
    long[] before = resources();
    for (int i = 0; i < 3000; i++) {
      work(quantizer, x);
    }
    assertArrayEquals(before, resources());
  }

  private void work(Quantizer quantizer, INDArray x) {
    try (DeviceTensor tensor = DeviceTensor.copyOf(device, x);
        DeviceTensor quantized = tensor.quantize(quantizer);
        DeviceCodes codes = quantized.codes(quantizer)) {
      assertEquals(127f, codes.codes().toHost().getFloat(2));
    }
  }

  private long[] resources() {
    return new long[] {
      standIn.standin_get("allocations"),
      standIn.standin_get("pinned"),
      standIn.standin_get("streams"),
      standIn.standin_get("events")
    };
  }
}
