package dev.bitfold.cuda.nd4j;

import dev.bitfold.cuda.driver.DevicePointer;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Where a backend's arrays are on a card. */
interface ArrayMemory {
  /**
   * The number of the card that an array is on.
   *
   * @throws IllegalArgumentException if it is not an array of this backend
   */
  int ordinal(INDArray array);

  /**
   * Uses an array's memory. Before, its values are there and nothing of the backend's writes to it;
   * afterwards the backend knows that they are new.
   *
   * @param use of the first value on; over when it returns
   */
  void use(INDArray array, Consumer<DevicePointer> use);
}
