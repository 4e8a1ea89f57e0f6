package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.tensor.DeviceTensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs one step of a model on a device. */
interface DeviceLayer {
  /** Returns the name of this layer in messages. */
  String name();

  /** Returns the tensors of this layer on the device. */
  List<DeviceTensor> tensors();

  /**
   * Returns the shape of the output.
   *
   * @throws IllegalArgumentException if the layer does not take an input of this shape
   */
  long[] outputShape(long[] shape);

  /**
   * Queues the kernels in the lane.
   *
   * @param x the input
   * @param y the output, in other memory
   */
  void run(Pass pass, DevicePointer x, long[] shape, DevicePointer y);

  /** Quantizes an input if necessary, and passes its address to {@code compute}. */
  static void through(
      Port port, Pass pass, DevicePointer x, long[] shape, Consumer<DevicePointer> compute) {
    if (port instanceof Port.Plain) {
      compute.accept(x);
    } else {
      port.run(pass, x, shape, pass.scratch());
      compute.accept(pass.scratch());
    }
  }

  /** Quantizes an output in place if necessary. */
  static void finish(Port port, Pass pass, DevicePointer y, long[] shape) {
    if (!(port instanceof Port.Plain)) {
      port.run(pass, y, shape, y);
    }
  }

  /** Passes the address of a tensor to a function, or a null pointer without a tensor. */
  static void use(@Nullable DeviceTensor tensor, Consumer<DevicePointer> use) {
    if (tensor == null) {
      use.accept(DevicePointer.NULL);
    } else {
      tensor.use(use);
    }
  }

  /** Returns the number of rows along the last axis of a shape. */
  static int rows(long[] shape) {
    long rows = 1;
    for (int i = 0; i < shape.length - 1; i++) {
      rows *= shape[i];
    }
    return (int) rows;
  }

  /**
   * Checks the length of the last axis.
   *
   * @throws IllegalArgumentException if the length is another
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
