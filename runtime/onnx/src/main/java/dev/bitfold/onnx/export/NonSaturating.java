package dev.bitfold.onnx.export;

import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the amax of output channels with which no sum of two products exceeds 16 bits. The input
 * channels of a matrix are multiplied in adjacent pairs. In a convolution, the runtime chooses the
 * order, so any two weights may be paired.
 */
final class NonSaturating implements WeightAmax {
  private static final List<Integer> BYTE = List.of(8);

  @Override
  public INDArray of(String path, INDArray weight) {
    throw new IllegalArgumentException(
        path + ": which axis holds the output channels, only the weight's layout says");
  }

  @Override
  public INDArray of(String path, INDArray weight, Layout layout) {
    if (!layout.has('O') || !layout.has('I') || layout.isOpen()) {
      throw new IllegalArgumentException(
          path + " has the layout " + layout + ", which does not say O and I");
    }
    int[] order = new int[weight.rank()];
    order[0] = layout.letters().indexOf('O');
    int next = 1;
    for (int axis = 0; axis < order.length; axis++) {
      if (axis != order[0]) {
        order[next++] = axis;
      }
    }
    float[] values = DenseFloats.of(weight.permute(order), path).copy();
    int channels = Math.toIntExact(weight.size(order[0]));
    int run = values.length / channels;
    float[] amax = new float[channels];
    for (int o = 0; o < channels; o++) {
      float[] channel = Arrays.copyOfRange(values, o * run, (o + 1) * run);
      amax[o] = weight.rank() == 2 ? neighbours(channel) : anyTwo(channel);
    }
    return DenseFloats.array(amax, channels);
  }

  /** Products of codes are summed where the input is quantized; fewer than 8 bits leave room. */
  @Override
  public boolean isFor(QuantDescriptor weight, Collection<QuantDescriptor> inputs) {
    return weight.bits().equals(BYTE)
        && weight.per().equals("O")
        && weight.blockSizes().isEmpty()
        && weight.scaleAmax() == 1
        && inputs.stream().anyMatch(input -> input.bits().equals(BYTE));
  }

  private static float neighbours(float[] values) {
    float largest = 0;
    for (int i = 0; i < values.length; i += 2) {
      float pair = Math.abs(values[i]) + (i + 1 < values.length ? Math.abs(values[i + 1]) : 0);
      largest = Math.max(largest, pair);
    }
    return largest;
  }

  private static float anyTwo(float[] values) {
    float first = 0;
    float second = 0;
    for (float value : values) {
      float size = Math.abs(value);
      if (size > first) {
        second = first;
        first = size;
      } else {
        second = Math.max(second, size);
      }
    }
    return first + second;
  }
}
