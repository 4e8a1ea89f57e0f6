package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.tensor.DeviceTensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One step of a model on a card. */
interface DeviceLayer {
  /** What it is, for messages. */
  String name();

  /** Its tensors on the card. */
  List<DeviceTensor> tensors();

  /**
   * The shape of what it gives.
   *
   * @throws IllegalArgumentException if it does not take the shape
   */
  long[] outputShape(long[] shape);

  /**
   * Gives its kernels to the lane.
   *
   * @param x the input
   * @param y the output, elsewhere
   */
  void run(Pass pass, DevicePointer x, long[] shape, DevicePointer y);

  /** Quantizes an input on its way, and hands on where it then is. */
  static void through(
      Port port, Pass pass, DevicePointer x, long[] shape, Consumer<DevicePointer> compute) {
    if (port instanceof Port.Plain) {
      compute.accept(x);
    } else {
      port.run(pass, x, shape, pass.scratch());
      compute.accept(pass.scratch());
    }
  }

  /** Quantizes an output where it is. */
  static void finish(Port port, Pass pass, DevicePointer y, long[] shape) {
    if (!(port instanceof Port.Plain)) {
      port.run(pass, y, shape, y);
    }
  }

  /** Uses a tensor's memory; nowhere if there is none. */
  static void use(@Nullable DeviceTensor tensor, Consumer<DevicePointer> use) {
    if (tensor == null) {
      use.accept(DevicePointer.NULL);
    } else {
      tensor.use(use);
    }
  }

  /** The rows of a shape, along its last axis. */
  static int rows(long[] shape) {
    long rows = 1;
    for (int i = 0; i < shape.length - 1; i++) {
      rows *= shape[i];
    }
    return (int) rows;
  }

  /**
   * Checks the last axis.
   *
   * @throws IllegalArgumentException if it is another
   */
  static void requireLast(String name, long[] shape, long size) {
    if (shape.length == 0 || shape[shape.length - 1] != size) {
      throw new IllegalArgumentException(
          name
              + ": an input of shape "
              + Arrays.toString(shape)
              + "; it takes [..., "
              + size
              + "]");
    }
  }
}
