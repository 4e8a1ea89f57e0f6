package dev.bitfold.cuda.nd4j;

import java.util.function.LongConsumer;
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
   * @param use of the address of the first value; over when it returns
   */
  void use(INDArray array, LongConsumer use);
}
