package dev.bitfold.onnx.export;

import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.tensor.DenseFloats;
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
    int output = layout.letters().indexOf('O');
    float[] values = DenseFloats.of(weight, path).copy();
    int channels = Math.toIntExact(weight.size(output));
    float[] amax =
        weight.rank() == 2 ? neighbours(values, output, channels) : anyTwo(weight, values, output);
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

  /** Returns the largest sum of two adjacent magnitudes of each column, or of each row. */
  private static float[] neighbours(float[] values, int output, int channels) {
    float[] amax = new float[channels];
    int inputs = channels == 0 ? 0 : values.length / channels;
    int next = output == 0 ? 1 : channels;
    int nextChannel = output == 0 ? inputs : 1;
    for (int i = 0; i < inputs; i += 2) {
      boolean paired = i + 1 < inputs;
      for (int o = 0, at = i * next; o < channels; o++, at += nextChannel) {
        float pair = Math.abs(values[at]) + (paired ? Math.abs(values[at + next]) : 0);
        amax[o] = Math.max(amax[o], pair);
      }
    }
    return amax;
  }

  /** Returns the sum of the two largest magnitudes of each index of an axis. */
  private static float[] anyTwo(INDArray weight, float[] values, int output) {
    int channels = Math.toIntExact(weight.size(output));
    int inner = 1;
    for (int axis = output + 1; axis < weight.rank(); axis++) {
      inner = Math.toIntExact(inner * weight.size(axis));
    }
    float[] first = new float[channels];
    float[] second = new float[channels];
    for (int i = 0; i < values.length; i++) {
      int o = i / inner % channels;
      float size = Math.abs(values[i]);
      if (size > first[o]) {
        second[o] = first[o];
        first[o] = size;
      } else {
        second[o] = Math.max(second[o], size);
      }
    }
    for (int o = 0; o < channels; o++) {
      first[o] += second[o];
    }
    return first;
  }
}
