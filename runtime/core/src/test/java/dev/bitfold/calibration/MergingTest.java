package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The order of the batches and their division among calibrators and threads do not matter. */
class MergingTest {
  @Provide
  Arbitrary<QuantDescriptor> mergeable() {
    return Arbitraries.of(
        QuantDescriptor.bits(8),
        QuantDescriptor.builder().axis(1).build(),
        QuantDescriptor.builder().calib(Calib.PERCENTILE).bins(128).build(),
        QuantDescriptor.builder().calib(Calib.MSE).bins(128).axis(1).build(),
        QuantDescriptor.builder().calib(Calib.ENTROPY).axis(0, -1).bins(128).build(),
        QuantDescriptor.builder().affine(true).axis(1).build(),
        QuantDescriptor.builder().affine(true).calib(Calib.PERCENTILE).bins(256).build());
  }

  @Property(tries = 200)
  void anyOrderAndDivisionGivesTheSameStatistics(
      @ForAll("mergeable") QuantDescriptor descriptor,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 6) int batches,
      @ForAll @IntRange(min = 1, max = 4) int parts) {
    List<INDArray> data = Tensors.batches(seed, batches, 3, 5, 4);
    Calibrator serial = Calibrators.of(descriptor, Layout.UNKNOWN);
    data.forEach(serial::observe);

    Random random = new Random(seed);
    List<INDArray> shuffled = new ArrayList<>(data);
    Collections.shuffle(shuffled, random);
    List<Calibrator> divided = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      divided.add(Calibrators.of(descriptor, Layout.UNKNOWN));
    }
    shuffled.forEach(x -> divided.get(random.nextInt(parts)).observe(x));
    // ((a b) c) d, or a (b (c d))
    if (random.nextBoolean()) {
      for (int i = 1; i < parts; i++) {
        divided.get(0).merge(divided.get(i));
      }
    } else {
      for (int i = parts - 1; i > 0; i--) {
        divided.get(i - 1).merge(divided.get(i));
      }
    }
    assertArrayEquals(Tensors.written(serial), Tensors.written(divided.get(0)));
    assertEquals(serial.amax(), divided.get(0).amax());
    assertEquals(serial.elements(), divided.get(0).elements());
  }

  @Property(tries = 30)
  void whatIsWrittenIsReadBack(@ForAll("mergeable") QuantDescriptor descriptor, @ForAll long seed)
      throws Exception {
    Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
    Calibrator restored = Calibrators.of(descriptor, Layout.UNKNOWN);
    Tensors.read(restored, Tensors.written(calibrator));
    assertThrows(IllegalStateException.class, restored::amax);

    Tensors.batches(seed, 3, 3, 5, 4).forEach(calibrator::observe);
    Tensors.read(restored, Tensors.written(calibrator));
    assertArrayEquals(Tensors.written(calibrator), Tensors.written(restored));
    assertEquals(calibrator.amax(), restored.amax());
    INDArray more = Nd4j.valueArrayOf(new long[] {3, 5, 4}, 7e4f);
    calibrator.observe(more);
    restored.observe(more);
    assertArrayEquals(Tensors.written(calibrator), Tensors.written(restored));
  }

  @Test
  void manyThreadsSeeTheSameAsOne() throws Exception {
    List<QuantDescriptor> descriptors =
        List.of(
            QuantDescriptor.bits(8),
            QuantDescriptor.builder().calib(Calib.PERCENTILE).build(),
            QuantDescriptor.builder().calib(Calib.MSE).bins(512).axis(-1).build(),
            QuantDescriptor.builder().affine(true).calib(Calib.PERCENTILE).build());
    List<INDArray> data = Tensors.batches(1, 200, 16, 8);
    for (QuantDescriptor descriptor : descriptors) {
      Calibrator serial = Calibrators.of(descriptor, Layout.UNKNOWN);
      data.forEach(serial::observe);
      Calibrator shared = Calibrators.of(descriptor, Layout.UNKNOWN);
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try {
        List<Future<?>> done = new ArrayList<>();
        data.forEach(x -> done.add(threads.submit(() -> shared.observe(x))));
        for (Future<?> future : done) {
          future.get();
        }
      } finally {
        threads.shutdown();
      }
      assertArrayEquals(Tensors.written(serial), Tensors.written(shared), descriptor.toString());
    }
  }

  @Test
  void whatDoesNotBelongTogetherIsNotMerged() {
    Supplier<Calibrator> max = () -> Calibrators.of(QuantDescriptor.bits(8), Layout.UNKNOWN);
    Calibrator histogram =
        Calibrators.of(
            QuantDescriptor.builder().calib(Calib.PERCENTILE).bins(128).build(), Layout.UNKNOWN);
    Calibrator finer =
        Calibrators.of(QuantDescriptor.builder().calib(Calib.MSE).build(), Layout.UNKNOWN);
    Calibrator average =
        Calibrators.of(
            QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).build(), Layout.UNKNOWN);
    assertThrows(IllegalArgumentException.class, () -> max.get().merge(histogram));
    assertThrows(IllegalArgumentException.class, () -> histogram.merge(finer));
    assertThrows(UnsupportedOperationException.class, () -> average.merge(average));
    byte[] written = Tensors.written(histogram);
    assertThrows(java.io.IOException.class, () -> Tensors.read(finer, written));
    assertThrows(java.io.IOException.class, () -> Tensors.read(finer, new byte[] {1, 2, 3, 4}));
  }
}
