package dev.bitfold.cuda.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import dev.bitfold.cuda.standin.StandIn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that the stand-in finds the mistakes that it is meant to find: kernels with one mistake
 * each, in {@code src/test/cpp-faults}, fail on it, and the same kernels without the mistake do
 * not.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("any-jdk")
class FaultyKernelsTest {
  private static final int LAUNCH_FAILED = 719;

  /** RTLD_LAZY: what other libraries want of a driver, they do not find in this one. */
  private static final int FOR_ITSELF = 1;

  private static final int THREADS = 256;
  private static final int BLOCKS = 3;
  private static final int LENGTH = THREADS * BLOCKS;

  /** Blocks and threads run in another order each time; this many launches see all orders. */
  private static final int LAUNCHES = 6;

  private static final List<String> KERNELS =
      List.of(
          "reverse",
          "reverse_without_barrier",
          "add_neighbours",
          "add_neighbours_without_second_barrier",
          "sum_of_block",
          "sum_of_block_with_barrier_in_branch",
          "count_negative",
          "count_negative_from_garbage",
          "copy",
          "copy_fours",
          "copy_fours_from_beside",
          "copy_fours_to_beside",
          "copy_one_too_many",
          "copy_from_one_before",
          "add",
          "add_to_garbage",
          "sum_of_warp",
          "sum_of_warp_without_half_of_it",
          "sum_of_warp_with_half_a_mask",
          "sum_of_warp_with_two_masks");

  private final float[] x = new float[LENGTH];
  private CudaDriver driver;
  private StandIn.Controls controls;
  private Pointer module;

  /** What came of a kernel: the first error's code, what each launch wrote, damaged allocations. */
  private record Outcome(int code, List<float[]> written, long overruns) {
    void isRight(IntFunction<Float> expected) {
      assertEquals(0, code);
      assertEquals(0, overruns);
      for (float[] out : written) {
        for (int i = 0; i < out.length; i++) {
          assertEquals(expected.apply(i), out[i], "at " + i);
        }
      }
    }

    /** Whether a launch wrote other values than these. */
    boolean differs(IntFunction<Float> expected) {
      for (float[] out : written) {
        for (int i = 0; i < out.length; i++) {
          if (expected.apply(i) != out[i]) {
            return true;
          }
        }
      }
      return false;
    }

    boolean hasNaN() {
      return written.stream().anyMatch(FaultyKernelsTest::hasNaN);
    }
  }

  private static boolean hasNaN(float[] values) {
    for (float value : values) {
      if (Float.isNaN(value)) {
        return true;
      }
    }
    return false;
  }

  @BeforeAll
  void load() {
    Random random = new Random(7);
    for (int i = 0; i < LENGTH; i++) {
      // Whole numbers: their sums are the same in any order.
      x[i] = random.nextInt(2001) - 1000;
    }
    String library = StandIn.build(KERNELS, Path.of("src", "test", "cpp-faults")).toString();
    FunctionMapper symbols = (from, method) -> CudaDriver.symbol(method.getName());
    driver =
        Native.load(
            library,
            CudaDriver.class,
            Map.of(Library.OPTION_FUNCTION_MAPPER, symbols, Library.OPTION_OPEN_FLAGS, FOR_ITSELF));
    controls =
        Native.load(library, StandIn.Controls.class, Map.of(Library.OPTION_OPEN_FLAGS, FOR_ITSELF));
    check(driver.init(0));
    PointerByReference context = new PointerByReference();
    check(driver.devicePrimaryCtxRetain(context, 0));
    check(driver.ctxPushCurrent(context.getValue()));
    byte[] ptx = ptx().getBytes(StandardCharsets.US_ASCII);
    PointerByReference loaded = new PointerByReference();
    try (Memory image = new Memory(ptx.length + 1L)) {
      image.write(0, ptx, 0, ptx.length);
      image.setByte(ptx.length, (byte) 0);
      check(driver.moduleLoadData(loaded, image));
    }
    module = loaded.getValue();
  }

  @AfterAll
  void unload() {
    check(driver.moduleUnload(module));
    check(driver.ctxPopCurrent(new PointerByReference()));
    check(driver.devicePrimaryCtxRelease(0));
  }

  /** All that the stand-in reads of it. */
  private static String ptx() {
    return KERNELS.stream()
        .map(name -> ".visible .entry " + name + "(.param .u64 x, .param .u64 out, .param .u32 n)")
        .collect(Collectors.joining("\n", "\n.version 6.3\n.target sm_75\n", "\n"));
  }

  private static void check(int code) {
    assertEquals(0, code);
  }

  private Outcome run(String kernel) {
    return run(kernel, LENGTH);
  }

  /** Launches a kernel several times, each with memory of its own. */
  private Outcome run(String kernel, int length) {
    PointerByReference function = new PointerByReference();
    check(driver.moduleGetFunction(function, module, kernel));
    List<float[]> written = new ArrayList<>();
    int first = 0;
    long before = controls.standin_get("overruns");
    for (int launch = 0; launch < LAUNCHES && first == 0; launch++) {
      PointerByReference stream = new PointerByReference();
      check(driver.streamCreate(stream, 1));
      LongByReference from = new LongByReference();
      LongByReference to = new LongByReference();
      check(driver.memAlloc(from, 4L * length));
      check(driver.memAlloc(to, 4L * length));
      try (Memory host = new Memory(4L * length)) {
        host.write(0, x, 0, length);
        check(driver.memcpyHtoDAsync(from.getValue(), host, 4L * length, stream.getValue()));
        LaunchArguments arguments =
            new LaunchArguments()
                .pointer(new DevicePointer(from.getValue()))
                .pointer(new DevicePointer(to.getValue()))
                .integer(length);
        check(
            driver.launchKernel(
                function.getValue(),
                BLOCKS,
                1,
                1,
                THREADS,
                1,
                1,
                0,
                stream.getValue(),
                null,
                arguments.extra()));
        first = driver.streamSynchronize(stream.getValue());
        if (first == 0) {
          check(driver.memcpyDtoHAsync(host, to.getValue(), 4L * length, stream.getValue()));
          written.add(host.getFloatArray(0, length));
        }
      }
      check(driver.memFree(from.getValue()));
      check(driver.memFree(to.getValue()));
      check(driver.streamDestroy(stream.getValue()));
    }
    return new Outcome(first, written, controls.standin_get("overruns") - before);
  }

  private float reversed(int i) {
    return x[i / THREADS * THREADS + THREADS - 1 - i % THREADS];
  }

  @Test
  void sharedMemoryThatIsReadBeforeItIsWritten() {
    run("reverse").isRight(this::reversed);
    Outcome wrong = run("reverse_without_barrier");
    assertTrue(wrong.differs(this::reversed));
    assertTrue(wrong.hasNaN());
  }

  @Test
  void sharedMemoryThatIsWrittenAgainBeforeAllHaveRead() {
    float[] expected = x.clone();
    for (int round = 0; round < 3; round++) {
      float[] before = expected.clone();
      for (int i = 0; i < LENGTH; i++) {
        expected[i] += before[i / THREADS * THREADS + (i % THREADS + 1) % THREADS];
      }
    }
    run("add_neighbours").isRight(i -> expected[i]);
    assertTrue(run("add_neighbours_without_second_barrier").differs(i -> expected[i]));
  }

  @Test
  void aBarrierThatNotAllReach() {
    float[] sums = sums(THREADS);
    run("sum_of_block").isRight(i -> sums[i]);
    Outcome wrong = run("sum_of_block_with_barrier_in_branch");
    assertEquals(LAUNCH_FAILED, wrong.code());
  }

  /** Of the neighbours in a group, at each of them. */
  private float[] sums(int group) {
    float[] sums = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      for (int k = 0; k < group; k++) {
        sums[i] += x[i / group * group + k];
      }
    }
    return sums;
  }

  @Test
  void sharedMemoryThatNobodyWrote() {
    float[] expected = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      for (int k = 0; k < THREADS; k++) {
        expected[i] += x[i / THREADS * THREADS + k] < 0 ? 1 : 0;
      }
    }
    run("count_negative").isRight(i -> expected[i]);
    Outcome wrong = run("count_negative_from_garbage");
    assertTrue(wrong.differs(i -> expected[i]));
    // Every block's, not only the first one's: what a block before left there is gone.
    for (float[] out : wrong.written()) {
      for (int i = 0; i < LENGTH; i++) {
        assertTrue(out[i] > THREADS, "at " + i);
      }
    }
  }

  @Test
  void memoryOfTheDeviceThatNobodyWrote() {
    run("add").isRight(i -> x[i]);
    Outcome wrong = run("add_to_garbage");
    for (float[] out : wrong.written()) {
      for (float value : out) {
        assertTrue(Float.isNaN(value));
      }
    }
  }

  @Test
  void writingBeyondAnAllocation() {
    // The last block has threads without an element.
    int length = LENGTH - 20;
    run("copy", length).isRight(i -> x[i]);
    Outcome after = run("copy_one_too_many", length);
    assertEquals(LAUNCHES, after.overruns());
    // Nothing else tells.
    assertEquals(0, after.code());
    assertArrayEquals(Arrays.copyOf(x, length), after.written().get(0));
    assertEquals(LAUNCHES, run("copy_from_one_before", length).overruns());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum_of_warp_without_half_of_it",
        "sum_of_warp_with_half_a_mask",
        "sum_of_warp_with_two_masks"
      })
  void aMaskThatIsNotThatOfTheLanesWhichCome(String kernel) {
    float[] sums = sums(32);
    run("sum_of_warp").isRight(i -> sums[i]);
    Outcome wrong = run(kernel);
    assertEquals(LAUNCH_FAILED, wrong.code());
    assertFalse(wrong.written().stream().anyMatch(out -> Arrays.equals(sums, out)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"copy_fours_from_beside", "copy_fours_to_beside"})
  void fourAtOnceBesideTheirPlace(String kernel) {
    run("copy_fours").isRight(i -> x[i]);
    assertEquals(LAUNCH_FAILED, run(kernel).code());
  }

  @Test
  void aFailedKernelLeavesTheNextOnesAlone() {
    assertEquals(LAUNCH_FAILED, run("sum_of_block_with_barrier_in_branch").code());
    run("copy").isRight(i -> x[i]);
  }
}
