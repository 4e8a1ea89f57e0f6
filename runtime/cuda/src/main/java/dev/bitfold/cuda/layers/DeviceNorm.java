package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.RMSNorm;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs {@link LayerNorm} and {@link RMSNorm} in double, as on the host except for the order of the
 * sums. The resulting float is the host's or, rarely, a neighbour of it.
 */
final class DeviceNorm implements DeviceLayer {
  /** Rows of a block, a warp each. */
  private static final int ROWS = 8;

  private final String name;
  private final String kernel;
  private final Port input;
  private final Port output;
  private final WeightAndBias parameters;
  private final double epsilon;

  private DeviceNorm(
      CudaDevice device,
      Object layer,
      Class<?> type,
      String kernel,
      INDArray weight,
      @Nullable INDArray bias,
      double epsilon) {
    Optional<BuiltLayer> built = LayerNames.built(layer, type);
    this.name = LayerNames.of(layer, built);
    this.kernel = kernel;
    this.input = Port.input(built, "x");
    this.output = Port.output(built);
    this.epsilon = epsilon;
    this.parameters = WeightAndBias.of(device, built, weight, bias);
  }

  static DeviceNorm of(CudaDevice device, LayerNorm layer) {
    return new DeviceNorm(
        device,
        layer,
        LayerNorm.class,
        "layer_norm",
        layer.weight(),
        layer.bias(),
        layer.epsilon());
  }

  static DeviceNorm of(CudaDevice device, RMSNorm layer) {
    return new DeviceNorm(
        device, layer, RMSNorm.class, "rms_norm", layer.weight(), null, layer.epsilon());
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
    DeviceLayer.requireLast(name, shape, parameters.weight().length());
    return shape;
  }

  @Override
  public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer y) {
    int rows = DeviceLayer.rows(shape);
    DeviceLayer.through(
        input, pass, x, shape, from -> parameters.use((w, b) -> launch(pass, from, w, b, y, rows)));
    DeviceLayer.finish(output, pass, y, shape);
  }

  private void launch(
      Pass pass, DevicePointer x, DevicePointer w, DevicePointer b, DevicePointer y, int rows) {
    LaunchArguments arguments = pass.lane().arguments().pointer(x).pointer(w).pointer(b).pointer(y);
    arguments.integer(rows).integer(parameters.weight().length()).floating64(epsilon);
    pass.lane().stream().launch(kernel, (rows - 1) / ROWS + 1, 1, arguments);
  }
}
