package dev.bitfold.layers;

import static dev.bitfold.layers.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.calibration.Forward;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layers.model.Conv1dLastNet;
import dev.bitfold.layers.model.Conv1dLastNetQuantizer;
import dev.bitfold.layers.model.Conv1dNet;
import dev.bitfold.layers.model.Conv1dNetQuantizer;
import dev.bitfold.layers.model.Conv2dLastNet;
import dev.bitfold.layers.model.Conv2dLastNetQuantizer;
import dev.bitfold.layers.model.Conv2dNet;
import dev.bitfold.layers.model.Conv2dNetQuantizer;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.reconstruction.ReconstructionOptions;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The ready-made convolutions with weights of 3 bits behind int8 inputs, smoothed. */
@Tag("any-jdk")
class ReconstructedConvolutionTest {
  private static final String CASES =
      """
      in, out, groups, stride, dilation
      4, 6, 1, 1, 1
      4, 6, 2, 2, 1
      5, 5, 5, 1, 2
      """;

  private static INDArray weight(long... shape) {
    return random(new Random(1), DataType.FLOAT, shape);
  }

  /** Inputs whose channels depend on each other and differ in size. */
  private static List<INDArray> batches(int channels, long... shape) {
    return IntStream.range(0, 16)
        .mapToObj(
            i -> {
              INDArray x = random(new Random(10 + i), DataType.FLOAT, shape);
              for (int c = 1; c < channels; c++) {
                INDArray channel = x.tensorAlongDimension(c, 0, 2, shape.length == 4 ? 3 : 2);
                channel.addi(x.tensorAlongDimension(0, 0, 2, shape.length == 4 ? 3 : 2));
                channel.muli(1 + c);
              }
              return x;
            })
        .toList();
  }

  private static <M> INDArray reconstructed(
      Plan<M> plan, List<INDArray> batches, Forward<M, INDArray> forward) throws Exception {
    QuantDescriptor weight = QuantDescriptor.builder().bits(3).per("O").build();
    Calibration<M> calibration =
        plan.describe("conv.weight", weight).calibrate(batches, forward).smoothQuant();

    Calibration<M> reconstructed = calibration.reconstruct(ReconstructionOptions.DEFAULT);

    assertEquals("{}", reconstructed.reconstructions().left().toString());
    Reconstruction done = reconstructed.reconstructions().weights().get(0);
    assertTrue(done.reached() < 0.9 * done.nearest(), done.toString());
    return forward.run(reconstructed.freeze().model(), batches.get(0));
  }

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void imagesInBothOrdersGetTheSameWeights(int in, int out, int groups, int stride, int dilation)
      throws Exception {
    INDArray w = weight(out, in / groups, 3, 3);
    INDArray b = random(new Random(4), DataType.FLOAT, out);
    Window window = new Window(stride, 1, dilation);
    List<INDArray> batches = batches(in, 2, in, 9, 8);
    List<INDArray> last = batches.stream().map(x -> x.permute(0, 2, 3, 1).dup('c')).toList();

    INDArray y =
        reconstructed(
            Conv2dNetQuantizer.of(new Conv2dNet(new Conv2d(w, b, window, window, groups))),
            batches,
            Conv2dNet::forward);
    INDArray ofLast =
        reconstructed(
            Conv2dLastNetQuantizer.of(
                new Conv2dLastNet(new Conv2dChannelsLast(w, b, window, window, groups))),
            last,
            Conv2dLastNet::forward);

    Tensors.assertClose(y.permute(0, 2, 3, 1), ofLast, 1e-3, "NHWC");
  }

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void sequencesInBothOrdersGetTheSameWeights(int in, int out, int groups, int stride, int dilation)
      throws Exception {
    INDArray w = weight(out, in / groups, 3);
    INDArray b = random(new Random(4), DataType.FLOAT, out);
    Window window = new Window(stride, 1, dilation);
    List<INDArray> batches = batches(in, 2, in, 20);
    List<INDArray> last = batches.stream().map(x -> x.permute(0, 2, 1).dup('c')).toList();

    INDArray y =
        reconstructed(
            Conv1dNetQuantizer.of(new Conv1dNet(new Conv1d(w, b, window, groups))),
            batches,
            Conv1dNet::forward);
    INDArray ofLast =
        reconstructed(
            Conv1dLastNetQuantizer.of(
                new Conv1dLastNet(new Conv1dChannelsLast(w, b, window, groups))),
            last,
            Conv1dLastNet::forward);

    Tensors.assertClose(y.permute(0, 2, 1), ofLast, 1e-3, "NTC");
  }
}
