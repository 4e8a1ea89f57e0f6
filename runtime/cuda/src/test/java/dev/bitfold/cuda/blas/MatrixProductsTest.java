package dev.bitfold.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.cuda.blas.MatrixProducts.Codes;
import dev.bitfold.cuda.blas.MatrixProducts.Multiplier;
import dev.bitfold.cuda.check.DeviceTests;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.CudaProvider;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.tensor.DenseFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Products of either kind are x · wᵀ + bias, in the stated order where it is stated. */
@Tag("any-jdk")
class MatrixProductsTest {
  private static final int DEPTH = 16;

  // Rows, inner and outputs: smaller and larger than a block's, whole and ragged.
  private static final int[][] SHAPES = {
    {1, 1, 1}, {3, 5, 2}, {64, 16, 64}, {65, 20, 1}, {7, 130, 67}, {2, 33, 129}, {70, 64, 10}
  };

  private final CudaDevice device = CudaProvider.device();

  @TempDir private static Path directory = Path.of("");

  /** Stands in for cuBLAS; built when a test asks for it. */
  private static Path library() throws Exception {
    Path library = directory.resolve(CublasStandIn.NAME);
    return Files.exists(library) ? library : CublasStandIn.build(directory);
  }

  @AfterEach
  void nothingIsWrittenBeyondTheEnd() {
    assertEquals(0, StandIn.count("overruns"));
    assertEquals(0, StandIn.count("pushed"));
  }

  /** Operands and what a loop makes of them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Case(
      int rows, int inner, int outputs, float[] x, float[] w, float[] bias, boolean biased) {
    static Case of(int[] shape, boolean biased) {
      Random random = new Random(shape[0] * 31L + shape[1] + shape[2]);
      return new Case(
          shape[0],
          shape[1],
          shape[2],
          gaussian(random, shape[0] * shape[1]),
          gaussian(random, shape[2] * shape[1]),
          gaussian(random, shape[2]),
          biased);
    }

    private static float[] gaussian(Random random, int length) {
      float[] values = new float[length];
      for (int i = 0; i < length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return values;
    }

    float[] on(MatrixProducts products, CudaDevice device) {
      try (DeviceTensor xs = DeviceTensor.copyOf(device, DenseFloats.array(x, rows, inner));
          DeviceTensor ws = DeviceTensor.copyOf(device, DenseFloats.array(w, outputs, inner));
          DeviceTensor bs = DeviceTensor.copyOf(device, DenseFloats.array(bias, outputs));
          DeviceTensor ys = DeviceTensor.uninitialized(device, rows, outputs)) {
        xs.use(
            at ->
                ws.use(
                    by ->
                        bs.use(
                            plus ->
                                ys.use(
                                    to ->
                                        run(
                                            products,
                                            device,
                                            at,
                                            by,
                                            biased ? plus : DevicePointer.NULL,
                                            to)))));
        return DenseFloats.of(ys.toHost(), "y").copy();
      }
    }

    private void run(
        MatrixProducts products,
        CudaDevice device,
        DevicePointer at,
        DevicePointer by,
        DevicePointer plus,
        DevicePointer to) {
      Lanes.of(device)
          .run(
              lane -> {
                try (Multiplier multiplier = products.open(lane)) {
                  multiplier.multiply(at, by, plus, to, rows, inner, outputs);
                  lane.stream().synchronize();
                }
              });
    }

    /** In float32 and the order that products.cuh states. */
    float[] inStatedOrder() {
      float[] y = new float[rows * outputs];
      for (int r = 0; r < rows; r++) {
        for (int o = 0; o < outputs; o++) {
          float total = 0;
          for (int start = 0; start < inner; start += DEPTH) {
            float part = 0;
            for (int k = start; k < Math.min(inner, start + DEPTH); k++) {
              part += x[r * inner + k] * w[o * inner + k];
            }
            total += part;
          }
          y[r * outputs + o] = biased ? total + bias[o] : total;
        }
      }
      return y;
    }

    void requireNear(float[] y) {
      for (int r = 0; r < rows; r++) {
        for (int o = 0; o < outputs; o++) {
          double sum = biased ? bias[o] : 0;
          double size = Math.abs(sum);
          for (int k = 0; k < inner; k++) {
            double product = (double) x[r * inner + k] * w[o * inner + k];
            sum += product;
            size += Math.abs(product);
          }
          assertEquals(sum, y[r * outputs + o], 3e-7 * size, r + ", " + o);
        }
      }
    }
  }

  @Test
  void versionsReadAsPeopleWriteThem() {
    assertEquals("cuBLAS 11.7.4", CublasProducts.name(11704));
    assertEquals("cuBLAS 12.4.5", CublasProducts.name(120405));
    assertEquals("cuBLAS 13.1.1", CublasProducts.name(130101));
  }

  @Test
  void ourOwnSumInTheStatedOrder() {
    MatrixProducts own = MatrixProducts.find(device, "off");
    assertEquals("a kernel of Bitfold's", own.name());
    for (int[] shape : SHAPES) {
      for (boolean biased : new boolean[] {true, false}) {
        Case each = Case.of(shape, biased);
        assertArrayEquals(each.inStatedOrder(), each.on(own, device));
      }
    }
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void cublasIsGivenTheRightMatrices() throws Exception {
    CublasStandIn.Controls blas = CublasStandIn.controls(library());
    MatrixProducts products = MatrixProducts.find(device, library().toString());
    assertEquals("cuBLAS 12.4.5", products.name());
    long before = blas.blas_get("products");
    for (int[] shape : SHAPES) {
      for (boolean biased : new boolean[] {true, false}) {
        Case each = Case.of(shape, biased);
        each.requireNear(each.on(products, device));
      }
    }
    assertEquals(before + 2L * SHAPES.length, blas.blas_get("products"));
  }

  /** Codes, their scales, and what a loop makes of them: the same bits, whoever multiplies. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record CodeCase(
      int rows, int inner, int outputs, byte[] x, byte[] w, float[] xs, float[] ws, float[] bias) {
    static CodeCase of(int rows, int inner, int outputs) {
      Random random = new Random(rows * 31L + inner + outputs);
      byte[] x = new byte[rows * inner];
      byte[] w = new byte[outputs * inner];
      random.nextBytes(x);
      random.nextBytes(w);
      float[] xs = Case.gaussian(random, rows);
      float[] ws = Case.gaussian(random, outputs);
      return new CodeCase(rows, inner, outputs, x, w, xs, ws, Case.gaussian(random, outputs));
    }

    /** The same with codes that make the largest sums. */
    CodeCase extreme() {
      Arrays.fill(x, (byte) -128);
      Arrays.fill(w, (byte) -128);
      return this;
    }

    float[] byLoop(boolean biased) {
      float[] y = new float[rows * outputs];
      for (int r = 0; r < rows; r++) {
        for (int o = 0; o < outputs; o++) {
          int sum = 0;
          for (int k = 0; k < inner; k++) {
            sum = Math.addExact(sum, x[r * inner + k] * w[o * inner + k]);
          }
          float value = sum / xs[r] * ws[o];
          y[r * outputs + o] = biased ? value + bias[o] : value;
        }
      }
      return y;
    }

    private static int[] words(byte[] codes) {
      int[] words = new int[codes.length / 4];
      ByteBuffer.wrap(codes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
      return words;
    }

    float[] on(MatrixProducts products, CudaDevice device, boolean biased) {
      float[][] y = new float[1][];
      try (DeviceTensor ys = DeviceTensor.uninitialized(device, rows, outputs)) {
        ys.use(
            to ->
                Lanes.of(device)
                    .run(
                        lane -> {
                          DevicePointer xCodes = lane.take(x.length);
                          DevicePointer wCodes = lane.take(w.length);
                          lane.staging().upload(words(x), xCodes);
                          lane.staging().upload(words(w), wCodes);
                          try (Multiplier multiplier = products.open(lane)) {
                            multiplier.multiply(
                                new Codes(xCodes, lane.floats(xs, rows)),
                                new Codes(wCodes, lane.floats(ws, outputs)),
                                biased ? lane.floats(bias, outputs) : DevicePointer.NULL,
                                to,
                                rows,
                                inner,
                                outputs);
                            lane.stream().synchronize();
                          }
                        }));
        y[0] = DenseFloats.of(ys.toHost(), "y").copy();
      }
      return y[0];
    }
  }

  private static final int[][] CODE_SHAPES = {
    {1, 4, 1}, {3, 20, 8}, {64, 64, 64}, {65, 132, 67}, {2, 48, 130}
  };

  private void exactBy(MatrixProducts products) {
    for (int[] shape : CODE_SHAPES) {
      for (boolean biased : new boolean[] {true, false}) {
        CodeCase each = CodeCase.of(shape[0], shape[1], shape[2]);
        assertArrayEquals(each.byLoop(biased), each.on(products, device, biased));
      }
    }
  }

  @Test
  void productsOfCodesAreExact() {
    MatrixProducts own = MatrixProducts.find(device, "off");
    exactBy(own);
    CodeCase largest = CodeCase.of(1, (1 << 17) - 4, 4).extreme();
    assertArrayEquals(largest.byLoop(true), largest.on(own, device, true));
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void cublasIsGivenTheRightCodes() throws Exception {
    CublasStandIn.Controls blas = CublasStandIn.controls(library());
    long before = blas.blas_get("int8 products");
    exactBy(MatrixProducts.find(device, library().toString()));
    // Of each shape whose outputs are a multiple of 4, with a bias and without.
    assertEquals(before + 4, blas.blas_get("int8 products"));
  }

  /** On a device it is cuBLAS, if that is there. */
  @Test
  void whatTheHostHasMultipliesRight() {
    MatrixProducts products = MatrixProducts.of(device);
    for (int[] shape : SHAPES) {
      Case each = Case.of(shape, true);
      each.requireNear(each.on(products, device));
    }
    exactBy(products);
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void aDeviceWithoutInt8InCublasTakesOurOwn() throws Exception {
    CublasStandIn.Controls blas = CublasStandIn.controls(library());
    MatrixProducts cublas = MatrixProducts.find(device, library().toString());
    CodeCase each = CodeCase.of(5, 32, 12);
    for (int status : new int[] {8, 15}) {
      blas.blas_fail("product", status);
      assertArrayEquals(each.byLoop(true), each.on(cublas, device, true));
    }
    blas.blas_fail("product", 13);
    CudaException failed = assertThrows(CudaException.class, () -> each.on(cublas, device, true));
    assertEquals(
        "cublasGemmEx failed with CUBLAS_STATUS_EXECUTION_FAILED (13)", failed.getMessage());
    assertArrayEquals(each.byLoop(true), each.on(cublas, device, true));
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void oneHandleServesOneLaneAtATime() throws Exception {
    CublasStandIn.Controls blas = CublasStandIn.controls(library());
    long before = blas.blas_get("handles");
    MatrixProducts products = MatrixProducts.find(device, library().toString());
    Case each = Case.of(SHAPES[4], true);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int t = 0; t < 3; t++) {
        futures.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 10; i++) {
                    each.requireNear(each.on(products, device));
                  }
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
    long made = blas.blas_get("handles") - before;
    assertTrue(made >= 1 && made <= 3, made + " handles");
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void aFailureNamesTheCallAndTheNextProductWorks() throws Exception {
    CublasStandIn.Controls blas = CublasStandIn.controls(library());
    MatrixProducts products = MatrixProducts.find(device, library().toString());
    Case each = Case.of(SHAPES[1], true);
    long before = blas.blas_get("handles");
    blas.blas_fail("product", 13);
    CudaException failed = assertThrows(CudaException.class, () -> each.on(products, device));
    assertEquals("cublasSgemm_v2", failed.call());
    assertEquals(13, failed.code());
    assertEquals(
        "cublasSgemm_v2 failed with CUBLAS_STATUS_EXECUTION_FAILED (13)", failed.getMessage());
    assertEquals(before - 1, blas.blas_get("handles"));
    each.requireNear(each.on(products, device));
    assertEquals(before, blas.blas_get("handles"));
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void withoutAUsableCublasOurOwnAreUsed() throws Exception {
    assertEquals("a kernel of Bitfold's", MatrixProducts.find(device, "/nowhere/blas.so").name());
    CublasStandIn.controls(library()).blas_fail("create", 1);
    MatrixProducts products = MatrixProducts.find(device, library().toString());
    assertEquals("a kernel of Bitfold's", products.name());
    Case each = Case.of(SHAPES[2], true);
    assertArrayEquals(each.inStatedOrder(), each.on(products, device));
  }
}
