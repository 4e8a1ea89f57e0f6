package dev.bitfold.cuda.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.cuda.blas.MatrixProducts;
import dev.bitfold.cuda.check.DeviceTests;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.kernel.CudaProvider;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
 * Checks that a chain of layers on a device gives the results of the host, and stays on the device.
 */
@Tag("slow")
@Tag("any-jdk")
class DeviceModelTest {
  private static final int IN = 32;
  private static final int HIDDEN = 48;
  private static final int OUT = 20;

  private final CudaDevice device = CudaProvider.device();
  private final StandIn.Controls standIn = StandIn.controls();
  private final MatrixProducts own = MatrixProducts.find(device, "off");

  @AfterEach
  void nothingIsWrittenBeyondAnEnd() {
    assertEquals(0, StandIn.count("overruns"));
    assertEquals(0, StandIn.count("pushed"));
  }

  private static INDArray random(long seed, double scale, long... shape) {
    Random random = new Random(seed);
    int length = 1;
    for (long size : shape) {
      length *= (int) size;
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return DenseFloats.array(values, shape);
  }

  private static Mlp mlp() {
    return new Mlp(
        new LayerNorm(random(1, 0.2, IN).add(1), random(2, 0.3, IN), 1e-5),
        new Linear(random(3, 0.2, HIDDEN, IN), random(4, 0.1, HIDDEN)),
        new Linear(random(5, 0.2, OUT, HIDDEN), null));
  }

  private static Calibration<Mlp> calibrated(Recipe recipe) {
    return MlpQuantizer.of(mlp())
        .using(recipe)
        .calibrate(List.of(random(6, 2, 16, IN), random(7, 2, 16, IN)), Mlp::forward);
  }

  private DeviceModel onDevice(Mlp model) {
    return DeviceModel.on(device, own)
        .then(model.norm())
        .then(model.fc1())
        .then(Activation.TANH)
        .then(model.fc2())
        .build();
  }

  /**
   * The sums' order is all that differs: what is added, times a float's precision, is the bound.
   */
  private static void near(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    double bound = 1e-6 * Math.max(1, expected.amaxNumber().doubleValue());
    assertEquals(0, expected.sub(actual).amaxNumber().doubleValue(), bound);
  }

  @Test
  void aFloatModelIsTheHosts() {
    Mlp model = mlp();
    INDArray x = random(8, 2, 5, IN);
    try (DeviceModel onDevice = onDevice(model)) {
      near(model.forward(x), onDevice.forward(x));
      INDArray deep = x.reshape(1, 5, 1, IN);
      near(model.forward(x).reshape(1, 5, 1, OUT), onDevice.forward(deep));
    }
  }

  /**
   * Layer by layer, each with the same input as on the host: quantized inputs have the same bits
   * there, so that not even a sum differs by more than its order. And all of them at once give the
   * bits that they give one by one.
   */
  @Test
  void aQuantizedModelIsTheHosts() {
    List<Quantized<Mlp>> all = new ArrayList<>();
    for (Recipe recipe :
        List.of(
            Recipe.INT8,
            Recipe.INT8_DYNAMIC,
            Recipe.INT4_BLOCK32,
            Recipe.FP8,
            Recipe.MX_FP8,
            Recipe.NV_FP4)) {
      all.add(calibrated(recipe).freeze());
    }
    all.add(smoothed());
    QuantDescriptor output = QuantDescriptor.bits(8);
    all.add(
        MlpQuantizer.of(mlp())
            .describe("fc1.output", output)
            .describe("norm.x", QuantDescriptor.bits(6))
            .calibrate(List.of(random(6, 2, 16, IN)), Mlp::forward)
            .freeze());
    for (Quantized<Mlp> quantized : all) {
      layerByLayer(quantized.model());
      layerByLayer(quantized.compress().model());
    }
  }

  private void layerByLayer(Mlp model) {
    INDArray x = random(8, 2, 3, 2, IN);
    try (DeviceModel norm = DeviceModel.on(device, own).then(model.norm()).build();
        DeviceModel fc1 = DeviceModel.on(device, own).then(model.fc1()).build();
        DeviceModel tanh = DeviceModel.on(device, own).then(Activation.TANH).build();
        DeviceModel fc2 = DeviceModel.on(device, own).then(model.fc2()).build();
        DeviceModel all = onDevice(model)) {
      INDArray normed = norm.forward(x);
      near(model.norm().forward(x), normed);
      INDArray hidden = fc1.forward(normed);
      near(model.fc1().forward(normed), hidden);
      INDArray active = tanh.forward(hidden);
      INDArray y = fc2.forward(active);
      near(model.fc2().forward(active), y);
      assertEquals(y, all.forward(x));
    }
  }

  private static Quantized<Mlp> smoothed() {
    return calibrated(Recipe.INT8_SMOOTH_QUANT).smoothQuant(SmoothQuantOptions.alpha(0.5)).freeze();
  }

  /**
   * In a pass nothing crosses.
   *
   * @param launches that are expected
   */
  private void crossing(Quantized<Mlp> quantized, int launches) {
    INDArray input = random(8, 2, 7, IN);
    try (DeviceModel model = onDevice(quantized.model());
        DeviceTensor x = DeviceTensor.copyOf(device, input)) {
      INDArray first = model.forward(input);
      long[] before = crossed();
      try (DeviceTensor y = model.forward(x)) {
        long[] after = crossed();
        assertEquals(0, after[0] - before[0], "uploads");
        assertEquals(0, after[1] - before[1], "downloads");
        assertEquals(launches, after[2] - before[2], "launches");
        assertEquals(first, y.toHost());
      }
      assertEquals(input, x.toHost());
    }
  }

  private long[] crossed() {
    return new long[] {
      StandIn.count("uploads"), StandIn.count("downloads"), StandIn.count("launches")
    };
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void fromTheFirstLayerToTheLastNothingGoesToTheHost() {
    // A norm, two inputs quantized in one go with their scale, two products, an activation.
    crossing(calibrated(Recipe.INT8).freeze(), 6);
    crossing(smoothed(), 6);
    crossing(calibrated(Recipe.FP8).freeze(), 6);
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void scalesOfEachTensorAreFoundOnTheDevice() {
    // A token of the first input is found and quantized by a few lanes at once; of the second the
    // maxima, and the scales that follow from them, are kernels of their own.
    crossing(calibrated(Recipe.INT8_DYNAMIC).freeze(), 8);
    crossing(calibrated(Recipe.MX_FP8).freeze(), 8);
    crossing(
        calibrated(Recipe.INT8_DYNAMIC.withSmoothQuant(0.5))
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze(),
        8);
    // Its global amax is calibrated, and 16 divides both inputs' channels.
    crossing(calibrated(Recipe.NV_FP4).freeze(), 6);
    // Codes of a row are found by a warp, whatever its length.
    crossing(calibrated(Recipe.INT8_DYNAMIC).freeze().compress(), 6);
    crossing(smoothed().compress(), 6);
  }

  @Test
  void aCompressedModelMultipliesInt8() {
    for (Quantized<Mlp> quantized :
        List.of(
            calibrated(Recipe.INT8).freeze(),
            calibrated(Recipe.INT8_DYNAMIC).freeze(),
            smoothed())) {
      Mlp packed = quantized.compress().model();
      layerByLayer(packed);
      try (DeviceModel model = onDevice(packed);
          DeviceModel floats = onDevice(quantized.model())) {
        assertTrue(model.toString().contains("fc1 (Linear) in int8"), model.toString());
        assertFalse(floats.toString().contains("int8"), floats.toString());
        // A NaN has no code; what is made of its row is NaN, as on the host, and nothing else.
        INDArray x = random(8, 2, 3, IN).putScalar(1, 5, Float.NaN);
        INDArray y = model.forward(x);
        for (int row = 0; row < 3; row++) {
          for (int o = 0; o < OUT; o++) {
            assertEquals(row == 1, Float.isNaN(y.getFloat(row, o)), row + ", " + o);
          }
        }
      }
    }
  }

  @Test
  void whatIsNoInt8IsMultipliedInFloat() {
    QuantDescriptor channels = QuantDescriptor.builder().axis(-1).build();
    QuantDescriptor affine = QuantDescriptor.builder().affine(true).build();
    // Of a single row, the channels.
    QuantDescriptor first = QuantDescriptor.builder().axis(0).dynamic(true).build();
    for (QuantDescriptor input : List.of(channels, affine, first, QuantDescriptor.bits(9))) {
      inFloat(int8(mlp()).describe("fc1.x", input).describe("fc2.x", input));
    }
    QuantDescriptor inner = QuantDescriptor.builder().axis(1).build();
    QuantDescriptor floats = QuantDescriptor.builder().bits(4, 3).build();
    QuantDescriptor several =
        QuantDescriptor.builder()
            .blockSizes(BlockSize.axis(0, 4), BlockSize.axis(1, BlockSize.WHOLE))
            .build();
    for (QuantDescriptor weight : List.of(inner, affine, floats, several)) {
      inFloat(int8(mlp()).describe("fc1.weight", weight).describe("fc2.weight", weight));
    }
    inFloat(int8(mlp()).skip("fc1.x").skip("fc2.x"));
    // A norm that gives ones: nothing is negative.
    Mlp positive =
        new Mlp(new LayerNorm(Nd4j.zeros(IN), Nd4j.ones(IN), 1e-5), mlp().fc1(), mlp().fc2());
    QuantDescriptor unsigned = QuantDescriptor.builder().unsigned(true).build();
    inFloat(int8(positive).describe("fc1.x", unsigned).skip("fc2.x"));
  }

  private static Plan<Mlp> int8(Mlp model) {
    return MlpQuantizer.of(model).using(Recipe.INT8);
  }

  private void inFloat(Plan<Mlp> plan) {
    INDArray x = random(6, 2, 16, IN);
    Mlp model = plan.calibrate(List.of(x), Mlp::forward).freeze().compress().model();
    try (DeviceModel onDevice = onDevice(model)) {
      assertFalse(onDevice.toString().contains("int8"), onDevice.toString());
    }
  }

  @Test
  void whatIsNotTakenNamesTheLayer() {
    Mlp model = calibrated(Recipe.INT8).freeze().model();
    try (DeviceModel onDevice =
        DeviceModel.on(device, own).then(model.fc1()).then(model.norm()).build()) {
      IllegalArgumentException input =
          assertThrows(
              IllegalArgumentException.class, () -> onDevice.forward(random(1, 1, 2, IN + 1)));
      assertEquals(
          "fc1 (Linear): an input of shape [2, 33]; it takes [..., 32]", input.getMessage());
      IllegalArgumentException between =
          assertThrows(IllegalArgumentException.class, () -> onDevice.forward(random(1, 1, 2, IN)));
      assertEquals(
          "norm (LayerNorm): an input of shape [2, 48]; it takes [..., 32]", between.getMessage());
    }
    QuantDescriptor unsigned = QuantDescriptor.builder().bits(8).unsigned(true).build();
    Mlp positive =
        MlpQuantizer.of(mlp())
            .describe("norm.x", unsigned)
            .calibrate(List.of(random(1, 1, 4, IN).muli(0).addi(1)), Mlp::forward)
            .freeze()
            .model();
    try (DeviceModel onDevice = onDevice(positive)) {
      IllegalArgumentException negative =
          assertThrows(IllegalArgumentException.class, () -> onDevice.forward(random(1, 1, 2, IN)));
      String message = String.valueOf(negative.getMessage());
      assertTrue(message.startsWith("norm (LayerNorm): "), message);
      assertTrue(message.contains("the format is unsigned and a value is"), message);
    }
  }

  @Test
  void whatGrowsTooLargeOnTheWayIsRefused() {
    Linear wide = new Linear(random(1, 1, 1 << 11, 1), null);
    Linear narrow = new Linear(random(2, 1, 1, 1 << 11), null);
    try (DeviceModel model =
            DeviceModel.on(device, own).then(wide).then(Activation.RELU).then(narrow).build();
        DeviceTensor x = DeviceTensor.uninitialized(device, 1 << 20, 1)) {
      IllegalArgumentException large =
          assertThrows(IllegalArgumentException.class, () -> model.forward(x));
      assertEquals(
          "Linear: an output of shape [1048576, 2048]; a tensor on a device holds at most 2^31 - 1"
              + " values",
          large.getMessage());
    }
  }

  /** A layer of the user's. */
  private static final class Doubled extends Linear {
    Doubled(Linear layer) {
      super(layer.weight(), layer.bias());
    }

    @Override
    public INDArray forward(INDArray x) {
      return super.forward(x).mul(2);
    }
  }

  @Test
  void layersWhoseForwardIsNotKnownAreRefusedAndNothingIsKept() {
    Lanes.of(device).release();
    long before = StandIn.count("allocations");
    Mlp model = mlp();
    IllegalArgumentException other =
        assertThrows(
            IllegalArgumentException.class,
            () -> DeviceModel.on(device).then(model.fc1()).then(new Doubled(model.fc2())).build());
    String message = String.valueOf(other.getMessage());
    assertTrue(message.contains("Doubled is neither dev.bitfold.layers.Linear itself"), message);
    assertThrows(IllegalStateException.class, () -> DeviceModel.on(device).build());
    List<Linear> seen = new ArrayList<>();
    Calibration<Mlp> calibration =
        MlpQuantizer.of(model)
            .calibrate(
                List.of(random(6, 2, 4, IN)),
                (calibrating, x) -> {
                  seen.add(calibrating.fc1());
                  return calibrating.forward(x);
                });
    assertTrue(seen.size() >= 1 && calibration != null);
    assertThrows(
        IllegalArgumentException.class, () -> DeviceModel.on(device).then(seen.get(0)).build());
    Lanes.of(device).release();
    assertEquals(before, StandIn.count("allocations"));
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void aModelThatDoesNotFitTheDeviceKeepsNothing() {
    Lanes.of(device).release();
    Mlp model = mlp();
    long before = StandIn.count("allocations");
    standIn.standin_set("memory", StandIn.count("used") + 4 * HIDDEN * IN + 2048);
    try {
      CudaException full = assertThrows(CudaException.class, () -> onDevice(model));
      assertEquals(CudaException.OUT_OF_MEMORY, full.code());
    } finally {
      standIn.standin_set("memory", 1L << 30);
    }
    Lanes.of(device).release();
    assertEquals(before, StandIn.count("allocations"));
  }

  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void aFailureKeepsNothingAndTheNextPassWorks() {
    INDArray input = random(8, 2, 7, IN);
    try (DeviceModel model = onDevice(calibrated(Recipe.INT8).freeze().model());
        DeviceTensor x = DeviceTensor.copyOf(device, input)) {
      INDArray expected = model.forward(input);
      Lanes.of(device).release();
      long before = StandIn.count("allocations");
      for (int after = 0; after < 6; after++) {
        standIn.standin_fail("cuLaunchKernel", 1, after);
        assertThrows(CudaException.class, () -> model.forward(x).close());
        Lanes.of(device).release();
        assertEquals(before, StandIn.count("allocations"));
      }
      assertEquals(expected, model.forward(input));
    }
  }

  /** What a quantizer was fixed with is sent in the first pass: all of it, or it is sent again. */
  @Test
  @Tag(DeviceTests.NEEDS_STAND_IN)
  void aFirstPassThatFailsOnTheWayLeavesNoGarbage() {
    INDArray input = random(8, 2, 7, IN);
    Mlp quantized = smoothed().model();
    INDArray expected;
    try (DeviceModel model = onDevice(quantized)) {
      expected = model.forward(input);
    }
    for (String call : List.of("cuMemcpyHtoDAsync_v2", "cuStreamSynchronize", "cuMemAlloc_v2")) {
      for (int after = 0; after < 3; after++) {
        try (DeviceModel model = onDevice(quantized);
            DeviceTensor x = DeviceTensor.copyOf(device, input)) {
          Lanes.of(device).release();
          standIn.standin_fail(call, 1, after);
          assertThrows(CudaException.class, () -> model.forward(x).close(), call + after);
          assertEquals(expected, model.forward(input), call + after);
        }
      }
    }
  }

  @Test
  void aClosedModelIsRefusedAndGivesAllBack() {
    Lanes.of(device).release();
    long before = StandIn.count("allocations");
    INDArray x = random(8, 2, 7, IN);
    DeviceModel model = onDevice(smoothed().model());
    model.forward(x);
    model.close();
    model.close();
    IllegalStateException closed =
        assertThrows(IllegalStateException.class, () -> model.forward(x));
    assertTrue(String.valueOf(closed.getMessage()).contains("is closed"), closed.getMessage());
    Lanes.of(device).release();
    assertEquals(before, StandIn.count("allocations"));
  }

  @Test
  void aThousandPassesKeepNothingMoreThanTheFirst() {
    INDArray x = random(8, 2, 3, IN);
    try (DeviceModel model = onDevice(smoothed().model())) {
      INDArray expected = model.forward(x);
      long before = StandIn.count("allocations");
      for (int i = 0; i < 1000; i++) {
        model.forward(x);
      }
      assertEquals(expected, model.forward(x));
      assertEquals(before, StandIn.count("allocations"));
    }
  }

  @Test
  void threadsShareAModel() throws Exception {
    Mlp quantized = smoothed().model();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (DeviceModel model = onDevice(quantized);
        DeviceModel alone = onDevice(quantized)) {
      List<Future<?>> futures = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        INDArray x = random(20 + t, 2, 3 + t, IN);
        INDArray expected = alone.forward(x);
        futures.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 8; i++) {
                    assertEquals(expected, model.forward(x));
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
  void weightsOfDoublesAreTakenAsFloats() {
    Linear layer =
        new Linear(
            random(3, 0.2, OUT, IN).castTo(DataType.DOUBLE), Nd4j.ones(DataType.DOUBLE, OUT));
    INDArray x = random(8, 2, 3, IN);
    try (DeviceModel model = DeviceModel.on(device, own).then(layer).build()) {
      near(layer.forward(x.castTo(DataType.DOUBLE)).castTo(DataType.FLOAT), model.forward(x));
    }
  }
}
