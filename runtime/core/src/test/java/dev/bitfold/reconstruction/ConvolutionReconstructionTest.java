package dev.bitfold.reconstruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.toy.QuantizedToyConvolution;
import dev.bitfold.toy.ToyConvolution;
import dev.bitfold.toy.ToyConvolution.Movement;
import dev.bitfold.toy.ToyStack;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Convolutions are reconstructed as linear layers are, whatever their geometry. */
class ConvolutionReconstructionTest {
  private static final ReconstructionOptions APART =
      ReconstructionOptions.DEFAULT.withSequential(false);

  private static List<Integer> of(Integer... values) {
    return List.of(values);
  }

  private static ToyConvolution convolution(Movement movement, long... weight) {
    int out = (int) weight[movement.transposed() ? 1 : 0];
    return new ToyConvolution(ToyStack.normal(1, weight), ToyStack.normal(2, out), movement);
  }

  /** Inputs that are smooth along their axes, with a mean, so that taps depend on each other. */
  private static List<INDArray> batches(int count, long... shape) {
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              INDArray x = ToyStack.normal(300 + i, shape);
              for (int axis = 1; axis < shape.length; axis++) {
                for (int round = 0; round < 2; round++) {
                  x.addi(moved(x, axis));
                }
              }
              return x.addi(1);
            })
        .toList();
  }

  private static INDArray moved(INDArray x, int axis) {
    long size = x.size(axis);
    return Nd4j.concat(axis, part(x, axis, size - 1, size), part(x, axis, 0, size - 1));
  }

  private static INDArray part(INDArray x, int axis, long from, long to) {
    var indices = new INDArrayIndex[x.rank()];
    Arrays.fill(indices, NDArrayIndex.all());
    indices[axis] = NDArrayIndex.interval(from, to);
    return x.get(indices).dup('c');
  }

  private static Arguments row(String name, ToyConvolution layer, long... input) {
    return Arguments.of(name, layer, input);
  }

  static Stream<Arguments> geometries() {
    Movement plain = Movement.of(of(1, 1), of(1, 1), of(0, 0), of(0, 0));
    Movement same = Movement.of(of(1, 1), of(1, 1), of(1, 1), of(1, 1));
    Movement halved = Movement.of(of(2, 2), of(1, 1), of(0, 0), of(1, 1));
    Movement mixed = Movement.of(of(2, 1), of(1, 2), of(0, 2), of(1, 2));
    return Stream.of(
        row("1d", convolution(Movement.of(of(1), of(1), of(1), of(1)), 6, 4, 3), 3, 4, 12),
        row("causal", convolution(Movement.of(of(1), of(4), of(8), of(0)), 6, 4, 3), 3, 4, 20),
        row("wide", convolution(Movement.of(of(5), of(1), of(10), of(10)), 6, 2, 21), 3, 2, 60),
        row("2d", convolution(plain, 6, 4, 3, 3), 2, 4, 7, 6),
        row("pointwise", convolution(plain, 6, 8, 1, 1), 2, 8, 5, 5),
        row("same", convolution(same, 6, 4, 3, 3), 2, 4, 7, 6),
        row("halved", convolution(halved, 6, 4, 3, 3), 2, 4, 8, 8),
        row("mixed", convolution(mixed, 6, 4, 3, 3), 2, 4, 8, 9),
        row("grouped", convolution(same, 6, 4, 3, 3), 2, 12, 6, 6),
        row("depthwise", convolution(same, 5, 1, 3, 3), 4, 5, 6, 6),
        row("twice as deep", convolution(halved, 10, 1, 3, 3), 4, 5, 8, 8),
        row("channels last", convolution(halved.withChannelsLast(), 6, 4, 3, 3), 2, 8, 8, 4),
        row(
            "3d",
            convolution(
                Movement.of(of(1, 2, 1), of(1, 1, 1), of(1, 0, 1), of(1, 0, 1)), 4, 2, 3, 2, 3),
            2,
            2,
            4,
            6,
            5),
        row("transposed", convolution(plain.asTransposed(), 4, 6, 3, 3), 2, 4, 5, 5),
        row(
            "upsampling",
            convolution(
                Movement.of(of(2, 2), of(1, 1), of(1, 1), of(0, 1)).asTransposed(), 4, 6, 3, 3),
            2,
            4,
            5,
            6));
  }

  private static Calibration<ToyConvolution> calibrated(
      ToyConvolution layer, QuantDescriptor weight, List<INDArray> batches) {
    return QuantizedToyConvolution.plan(layer, weight).calibrate(batches, ToyConvolution::forward);
  }

  /** The error of a frozen model on each eighth batch, relative to the output without its bias. */
  private static double judged(
      ToyConvolution layer, Calibration<ToyConvolution> calibration, List<INDArray> batches) {
    ToyConvolution quantized = calibration.freeze().model();
    ToyConvolution unbiased =
        new ToyConvolution(layer.weight(), layer.bias().mul(0), layer.movement());
    double noise = 0;
    double signal = 0;
    for (int i = 7; i < batches.size(); i += 8) {
      INDArray x = batches.get(i);
      noise += Math.pow(layer.forward(x).distance2(quantized.forward(x)), 2);
      signal += Math.pow(unbiased.forward(x).norm2Number().doubleValue(), 2);
    }
    return Math.sqrt(noise / signal);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("geometries")
  void theErrorsAreThoseOfTheFrozenModelAndBecomeLess(
      String name, ToyConvolution layer, long[] input) {
    List<INDArray> batches = batches(24, input);
    QuantDescriptor weight = QuantDescriptor.builder().bits(3).per("O").build();
    Calibration<ToyConvolution> nearest = calibrated(layer, weight, batches);

    Calibration<ToyConvolution> reconstructed = nearest.reconstruct(APART);

    assertEquals("{}", reconstructed.reconstructions().left().toString());
    Reconstruction done = reconstructed.reconstructions().weights().get(0);
    double before = judged(layer, nearest, batches);
    double after = judged(layer, reconstructed, batches);
    assertEquals(before, done.nearest(), 2e-3 * before);
    assertTrue(after <= done.reached() + 2e-3 * before, done + " and " + after);
    assertTrue(after < 0.9 * before, done + " and " + after);
  }

  static Stream<QuantDescriptor> formats() {
    return Stream.of(
        QuantDescriptor.builder().bits(4).build(),
        QuantDescriptor.builder().bits(4).per("OH").build(),
        QuantDescriptor.builder().bits(4).affine(true).per("O").build(),
        QuantDescriptor.builder().bits(2).blockSizes(BlockSize.along("I", 2)).build(),
        QuantDescriptor.builder().bits(3).blockSizes(BlockSize.along("O", 3)).build());
  }

  @ParameterizedTest
  @MethodSource("formats")
  void scalesMayBeSharedInAnyWay(QuantDescriptor weight) {
    Movement same = Movement.of(of(1, 1), of(1, 1), of(1, 1), of(1, 1));
    ToyConvolution layer = convolution(same, 6, 4, 3, 3);
    List<INDArray> batches = batches(16, 2, 8, 6, 6);
    Calibration<ToyConvolution> nearest = calibrated(layer, weight, batches);

    Calibration<ToyConvolution> reconstructed = nearest.reconstruct(APART);

    double before = judged(layer, nearest, batches);
    assertTrue(judged(layer, reconstructed, batches) < 0.9 * before, before + " before");
  }

  @Property(tries = 40)
  void noConvolutionBecomesWorse(
      @ForAll @IntRange(min = 2, max = 4) int bits,
      @ForAll @IntRange(min = 1, max = 3) int stride,
      @ForAll @IntRange(min = 1, max = 2) int dilation,
      @ForAll @IntRange(min = 0, max = 2) int padding,
      @ForAll @IntRange(min = 1, max = 3) int groups,
      @ForAll @IntRange(min = 1, max = 3) int kernel,
      @ForAll @IntRange(min = 0, max = 1000) int seed) {
    Movement movement =
        Movement.of(
            of(stride),
            of(dilation),
            of(Math.min(padding, (kernel - 1) * dilation)),
            of(Math.min(padding, (kernel - 1) * dilation)));
    ToyConvolution layer =
        new ToyConvolution(
            ToyStack.normal(seed, 2L * groups, 3, kernel),
            ToyStack.normal(-seed - 1, 2L * groups),
            movement);
    List<INDArray> batches =
        IntStream.range(0, 9).mapToObj(i -> ToyStack.normal(seed + i, 2, 3L * groups, 9)).toList();
    QuantDescriptor weight = QuantDescriptor.builder().bits(bits).per("O").build();
    Calibration<ToyConvolution> nearest = calibrated(layer, weight, batches);

    Calibration<ToyConvolution> reconstructed = nearest.reconstruct(APART);

    assertEquals("{}", reconstructed.reconstructions().left().toString());
    double before = judged(layer, nearest, batches);
    double after = judged(layer, reconstructed, batches);
    assertTrue(after <= before * (1 + 1e-4), after + " > " + before);
  }

  @Test
  void ofManyPositionsSomeAreTaken() {
    Movement same = Movement.of(of(1, 1), of(1, 1), of(1, 1), of(1, 1));
    ToyConvolution layer = convolution(same, 4, 2, 3, 3);
    List<INDArray> batches = batches(9, 1, 2, 48, 48);
    QuantDescriptor weight = QuantDescriptor.builder().bits(3).per("O").build();
    Calibration<ToyConvolution> nearest = calibrated(layer, weight, batches);

    Calibration<ToyConvolution> reconstructed = nearest.reconstruct(APART);

    Reconstruction done = reconstructed.reconstructions().weights().get(0);
    double before = judged(layer, nearest, batches);
    assertEquals(before, done.nearest(), 0.05 * before);
    assertTrue(judged(layer, reconstructed, batches) < 0.9 * before, done.toString());
    int[] positions = Patches.positions(48 * 48, 3);
    assertEquals(Patches.MOST_POSITIONS, IntStream.of(positions).distinct().count());
    for (int i = 0; i < positions.length; i++) {
      assertEquals(i + 0.5, positions[i] * (1024 / 2304.0), 1, "one of each run");
    }
  }

  @Test
  void fewBatchesAreDividedByExample() {
    Movement same = Movement.of(of(1), of(1), of(1), of(1));
    ToyConvolution layer = convolution(same, 6, 8, 3);
    List<INDArray> batches = batches(1, 64, 8, 6);
    QuantDescriptor weight = QuantDescriptor.builder().bits(3).per("O").build();
    Calibration<ToyConvolution> nearest = calibrated(layer, weight, batches);

    Calibration<ToyConvolution> reconstructed = nearest.reconstruct(APART);

    List<INDArray> held =
        IntStream.range(0, 8)
            .mapToObj(i -> batches.get(0).get(NDArrayIndex.indices(7, 15, 23, 31, 39, 47, 55, 63)))
            .toList();
    Reconstruction done = reconstructed.reconstructions().weights().get(0);
    double before = judged(layer, nearest, held);
    assertEquals(before, done.nearest(), 2e-3 * before);
    assertTrue(judged(layer, reconstructed, held) < 0.9 * before, done.toString());
  }

  @Test
  void groupsWithoutInputAreNoTrouble() {
    Movement same = Movement.of(of(1, 1), of(1, 1), of(1, 1), of(1, 1));
    ToyConvolution layer = convolution(same, 4, 1, 3, 3);
    List<INDArray> batches = batches(16, 2, 4, 6, 6);
    batches.forEach(x -> x.get(NDArrayIndex.all(), NDArrayIndex.point(2)).assign(0));
    QuantDescriptor weight = QuantDescriptor.builder().bits(3).per("O").build();

    Calibration<ToyConvolution> reconstructed =
        calibrated(layer, weight, batches).reconstruct(APART);

    Reconstruction done = reconstructed.reconstructions().weights().get(0);
    assertTrue(done.reached() < 0.9 * done.nearest(), done.toString());
    assertTrue(
        Float.isFinite(
            reconstructed.freeze().model().forward(batches.get(0)).sumNumber().floatValue()));
  }

  private static String refusal(ToyConvolution layer, long... input) {
    QuantDescriptor weight = QuantDescriptor.builder().bits(4).per("O").build();
    Calibration<ToyConvolution> calibration = calibrated(layer, weight, batches(2, input));
    return Objects.requireNonNull(
        assertThrows(IllegalStateException.class, () -> calibration.reconstruct(APART))
            .getMessage());
  }

  @Test
  void whatIsNoConvolutionWithZerosIsLeftAndSaid() {
    Movement mirrored = Movement.of(of(1), of(1), of(1), of(1)).withMirror();
    assertEquals(
        "no weight can be reconstructed: weight: its layer computes something else than a"
            + " convolution with zeros around its input",
        refusal(convolution(mirrored, 6, 4, 3), 3, 4, 12));
  }

  @Test
  void aFirstBatchThatDoesNotTellHowTheKernelMovesIsSaid() {
    ToyConvolution padded = convolution(Movement.of(of(2), of(1), of(1), of(0)), 6, 4, 3);
    List<INDArray> batches = new ArrayList<>(batches(4, 8, 4, 6));
    batches.add(0, Nd4j.zeros(8, 4, 6));
    QuantDescriptor weight = QuantDescriptor.builder().bits(4).per("O").build();
    Calibration<ToyConvolution> calibration = calibrated(padded, weight, batches);

    assertEquals(
        "no weight can be reconstructed: weight: its layer's outputs are nothing but the bias in"
            + " the first batch, which does not tell how its kernel moves: begin with another batch",
        assertThrows(IllegalStateException.class, () -> calibration.reconstruct(APART))
            .getMessage());
  }

  @Test
  void aKernelOfTooManyInputsIsLeftAndSaid() {
    Movement plain = Movement.of(of(1), of(1), of(0), of(0));
    assertEquals(
        "no weight can be reconstructed: weight: each output follows from 9000 inputs, and their"
            + " products with each other would take 617 MB",
        refusal(convolution(plain, 1, 3000, 3), 1, 3000, 4));
  }
}
