package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.blas.MatrixProducts.Codes;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.layers.Linear;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs a {@link Linear} of a compressed model in int8. The codes of the weight are sent once, as
 * one byte each. The input is quantized to codes, and the sums of the products of codes are exact.
 */
final class Int8Linear implements DeviceLayer {
  /** Codes of a word. */
  private static final int WORD = 4;

  /** The largest number of products in a sum that cannot overflow the int32. */
  private static final int MAX_INNER = (1 << 17) - 1;

  private final String name;
  private final Port.Quantizing input;
  private final Port output;
  private final int outputs;
  private final int inner;

  /** Words of four codes, not floats. */
  private final DeviceTensor codes;

  /** The factor of each output's codes. */
  private final DeviceTensor scales;

  private final @Nullable DeviceTensor bias;

  private Int8Linear(
      CudaDevice device, Linear layer, BuiltLayer built, PackedTensor weight, Quantizer input) {
    this.name = LayerNames.of(layer, Optional.of(built)) + " in int8";
    this.input = new Port.Quantizing(input);
    this.output = Port.output(Optional.of(built));
    this.outputs = (int) weight.shape()[0];
    this.inner = (int) weight.shape()[1];
    List<DeviceTensor> sent = new ArrayList<>();
    try {
      this.codes = DeviceTensor.uninitialized(device, outputs, inner / WORD);
      sent.add(codes);
      int[] words = words(weight);
      codes.use(to -> Lanes.of(device).run(lane -> lane.staging().upload(words, to)));
      float[] multipliers = weight.multipliers();
      if (multipliers.length == 1) {
        float one = multipliers[0];
        multipliers = new float[outputs];
        Arrays.fill(multipliers, one);
      }
      this.scales = DeviceTensor.copyOf(device, DenseFloats.array(multipliers, outputs));
      sent.add(scales);
      INDArray added = built.tensor("bias", layer.bias());
      this.bias = added == null ? null : DeviceTensor.copyOf(device, added);
    } catch (RuntimeException | Error e) {
      sent.forEach(DeviceTensor::close);
      throw e;
    }
  }

  /**
   * Returns a layer in int8.
   *
   * @return empty if the layer does not fit: if its weight is not packed as signed integers of up
   *     to 8 bits with one scale or a scale for each output, if its input is not quantized to such
   *     integers with one scale for all channels, or if the number of channels is not a multiple of
   *     4
   */
  static Optional<Int8Linear> of(CudaDevice device, Linear layer) {
    Optional<BuiltLayer> built = LayerNames.built(layer, Linear.class);
    Optional<PackedTensor> weight = built.flatMap(b -> b.packed("weight"));
    Optional<Quantizer> input = built.flatMap(b -> b.input("x"));
    if (weight.isEmpty() || input.isEmpty() || !fits(weight.get(), input.get())) {
      return Optional.empty();
    }
    return Optional.of(new Int8Linear(device, layer, built.get(), weight.get(), input.get()));
  }

  private static boolean fits(PackedTensor weight, Quantizer input) {
    long inner = weight.shape()[1];
    long[] scales = weight.scaleShape();
    return inner % WORD == 0
        && inner <= MAX_INNER
        && isInt8(weight.descriptor())
        && (scales[0] == 1 || scales[0] == weight.shape()[0])
        && scales[1] == 1
        && isInt8(input.descriptor())
        && input.descriptor().fakeQuant()
        && takesRowsWhole(input, inner);
  }

  private static boolean isInt8(QuantDescriptor descriptor) {
    return descriptor.format().integers().filter(f -> f.bits() <= 8 && !f.unsigned()).isPresent()
        && !descriptor.affine()
        && descriptor.scaleFormat() == ScaleFormat.FLOAT32;
  }

  /** Returns whether no channel has a scale of its own, whatever the rank of the input. */
  private static boolean takesRowsWhole(Quantizer quantizer, long inner) {
    for (long[] shape : new long[][] {{inner}, {2, inner}, {2, 3, inner}, {2, 3, 5, inner}}) {
      try {
        long[] scales = quantizer.scaleShape(shape);
        boolean one = Arrays.stream(scales).allMatch(size -> size == 1);
        if (!one && scales[scales.length - 1] != 1) {
          return false;
        }
      } catch (IllegalArgumentException e) {
        // It is of another rank only.
        return false;
      }
    }
    return true;
  }

  private static int[] words(PackedTensor weight) {
    int[] words = new int[weight.length() / WORD];
    for (int i = 0; i < weight.length(); i++) {
      words[i / WORD] |= (weight.code(i) & 0xff) << (i % WORD * Byte.SIZE);
    }
    return words;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<DeviceTensor> tensors() {
    return bias == null ? List.of(codes, scales) : List.of(codes, scales, bias);
  }

  @Override
  public long[] outputShape(long[] shape) {
    DeviceLayer.requireLast(name, shape, inner);
    long[] result = shape.clone();
    result[result.length - 1] = outputs;
    return result;
  }

  @Override
  public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer y) {
    int rows = DeviceLayer.rows(shape);
    Codes quantized = new Codes(pass.scratch(), pass.lane().take((long) Float.BYTES * rows));
    input.codes(pass, x, shape, quantized);
    codes.use(
        w ->
            scales.use(
                by ->
                    DeviceLayer.use(
                        bias,
                        b ->
                            pass.products()
                                .multiply(
                                    quantized, new Codes(w, by), b, y, rows, inner, outputs))));
    DeviceLayer.finish(output, pass, y, outputShape(shape));
  }
}
