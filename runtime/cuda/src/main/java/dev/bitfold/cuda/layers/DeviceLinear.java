package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.layers.Linear;
import dev.bitfold.state.BuiltLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link Linear} in float32: its weight is sent once, quantized as it is. */
final class DeviceLinear implements DeviceLayer {
  private final String name;
  private final Port input;
  private final Port output;
  private final DeviceTensor weight;
  private final @Nullable DeviceTensor bias;

  /** The layer in int8 where it fits, else in float32. */
  static DeviceLayer of(CudaDevice device, Linear layer) {
    Optional<Int8Linear> int8 = Int8Linear.of(device, layer);
    return int8.isPresent() ? int8.get() : new DeviceLinear(device, layer);
  }

  private DeviceLinear(CudaDevice device, Linear layer) {
    Optional<BuiltLayer> built = LayerNames.built(layer, Linear.class);
    this.name = LayerNames.of(layer, built);
    this.input = Port.input(built, "x");
    this.output = Port.output(built);
    INDArray held =
        built.isPresent() ? built.get().tensor("weight", layer.weight()) : layer.weight();
    INDArray added = built.isPresent() ? built.get().tensor("bias", layer.bias()) : layer.bias();
    this.weight = DeviceTensor.copyOf(device, Objects.requireNonNull(held));
    try {
      this.bias = added == null ? null : DeviceTensor.copyOf(device, added);
    } catch (RuntimeException e) {
      weight.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<DeviceTensor> tensors() {
    List<DeviceTensor> tensors = new ArrayList<>(List.of(weight));
    if (bias != null) {
      tensors.add(bias);
    }
    return tensors;
  }

  @Override
  public long[] outputShape(long[] shape) {
    DeviceLayer.requireLast(name, shape, weight.shape()[1]);
    long[] result = shape.clone();
    result[result.length - 1] = weight.shape()[0];
    return result;
  }

  @Override
  public void run(Pass pass, long x, long[] shape, long y) {
    int outputs = (int) weight.shape()[0];
    int inner = (int) weight.shape()[1];
    DeviceLayer.through(
        input,
        pass,
        x,
        shape,
        from ->
            weight.use(
                w ->
                    DeviceLayer.use(
                        bias,
                        b ->
                            pass.products()
                                .multiply(
                                    from, w, b, y, DeviceLayer.rows(shape), inner, outputs))));
    DeviceLayer.finish(output, pass, y, outputShape(shape));
  }
}
