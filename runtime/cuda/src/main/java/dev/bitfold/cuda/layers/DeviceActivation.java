package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.tensor.DeviceTensor;
import java.util.Arrays;
import java.util.List;

/** Applies an {@link Activation}. */
record DeviceActivation(Activation activation) implements DeviceLayer {
  /** Elements of a block, if it does not go on to others. */
  private static final int EACH = 1024;

  private static final int MAX_BLOCKS = 4096;

  @Override
  public String name() {
    return activation.name();
  }

  @Override
  public List<DeviceTensor> tensors() {
    return List.of();
  }

  @Override
  public long[] outputShape(long[] shape) {
    return shape;
  }

  @Override
  public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer y) {
    int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    LaunchArguments arguments = pass.lane().arguments().pointer(x).pointer(y).integer(elements);
    int blocks = Math.min((elements - 1) / EACH + 1, MAX_BLOCKS);
    pass.lane().stream().launch(activation.kernel(), blocks, 1, arguments);
  }
}
