package dev.bitfold.cuda.nd4j;

import dev.bitfold.cuda.driver.DevicePointer;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Finds the memory of a backend's arrays on a device. */
interface ArrayMemory {
  /**
   * Returns the number of the device that an array is on.
   *
   * @throws IllegalArgumentException if the array is not of this backend
   */
  int ordinal(INDArray array);

  /**
   * Passes the address of an array's memory to a function. Before the call, the values are on the
   * device, and the backend does not write to them. After the call, the backend knows that they
   * have changed.
   *
   * @param use gets the address of the first value; its work is complete when it returns
   */
  void use(INDArray array, Consumer<DevicePointer> use);
}
