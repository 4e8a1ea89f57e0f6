package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.layers.Linear;
import java.util.List;
import java.util.Optional;

/** Runs a {@link Linear} in float32. Its quantized weight is sent once. */
final class DeviceLinear implements DeviceLayer {
  private final String name;
  private final Port input;
  private final Port output;
  private final WeightAndBias parameters;
  private final int outputs;
  private final int inner;

  /** Returns the layer in int8 if it fits, and otherwise in float32. */
  static DeviceLayer of(CudaDevice device, Linear layer) {
    Optional<Int8Linear> int8 = Int8Linear.of(device, layer);
    return int8.isPresent() ? int8.get() : new DeviceLinear(device, layer);
  }

  private DeviceLinear(CudaDevice device, Linear layer) {
    Optional<BuiltLayer> built = LayerNames.built(layer, Linear.class);
    this.name = LayerNames.of(layer, built);
    this.input = Port.input(built, "x");
    this.output = Port.output(built);
    this.parameters = WeightAndBias.of(device, built, layer.weight(), layer.bias());
    this.outputs = (int) parameters.weight().shape()[0];
    this.inner = (int) parameters.weight().shape()[1];
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<DeviceTensor> tensors() {
    return parameters.tensors();
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
    DeviceLayer.through(
        input,
        pass,
        x,
        shape,
        from ->
            parameters.use(
                (w, b) -> pass.products().multiply(from, w, b, y, rows, inner, outputs)));
    DeviceLayer.finish(output, pass, y, outputShape(shape));
  }
}
