package dev.bitfold.cuda.nd4j;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.CardTensor;
import dev.bitfold.cuda.launch.Lane;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes arrays of the {@code nd4j-cuda} backend in the card's memory, without a copy: Bitfold's
 * kernels run in the primary context that both share.
 *
 * <p><b>Not tested on a card.</b> {@code nd4j-cuda-11.6} 1.0.0-M2.1 runs on cards up to compute
 * capability 8.6 (and 8.9 by compatibility), and none was at hand when this was written; what is
 * tested is all but the calls to its allocator. It needs that backend on the class path, which
 * Bitfold does not bring.
 *
 * <p>A method is over when it returns. Safe for concurrent use as the arrays are: one that is
 * written to has one user. Every method throws {@link IllegalArgumentException} if an array is not
 * of that backend or on another card, as {@link Quantizer} does if it cannot be quantized, and
 * {@link CudaException} if the card fails.
 */
public final class CudaArrays {
  /** Bytes of a 128-bit access. */
  private static final int ALIGNMENT = 16;

  private final CudaDevice device;
  private final ArrayMemory memory;

  CudaArrays(CudaDevice device, ArrayMemory memory) {
    this.device = device;
    this.memory = memory;
  }

  /**
   * Of a card.
   *
   * @throws NoClassDefFoundError if nd4j-cuda is not on the class path, when it is used first
   */
  public static CudaArrays on(CudaDevice device) {
    Objects.requireNonNull(device, "device");
    return new CudaArrays(device, new AllocatorMemory());
  }

  /** What {@link Quantizer#quantize} gives, bit for bit, in a new array on the card. */
  public INDArray quantize(Quantizer quantizer, INDArray x) {
    Objects.requireNonNull(quantizer, "quantizer");
    Objects.requireNonNull(x, "x");
    requireHere(x);
    // Both are done on the card.
    INDArray y = x.castTo(DataType.FLOAT).dup('c');
    run(quantizer, y);
    DataType type = quantizer.resultType(x.dataType());
    return type == DataType.FLOAT ? y : y.castTo(type);
  }

  /**
   * The same, in place: without a copy if the array is dense float32 of c order and begins at a
   * multiple of 16 bytes; with one on the card if it is not.
   *
   * @return {@code x}
   */
  public INDArray quantizeInPlace(Quantizer quantizer, INDArray x) {
    Objects.requireNonNull(quantizer, "quantizer");
    Objects.requireNonNull(x, "x");
    if (!DenseFloats.isDense(x)) {
      return x.assign(quantize(quantizer, x));
    }
    requireHere(x);
    run(quantizer, x);
    return x;
  }

  private void run(Quantizer quantizer, INDArray x) {
    memory.use(x, at -> Lanes.of(device).run(lane -> run(quantizer, x, lane, at)));
  }

  private static void run(Quantizer quantizer, INDArray x, Lane lane, DevicePointer at) {
    Operations operations = new Operations(lane);
    if (at.address() % ALIGNMENT == 0) {
      quantizer.quantize(x.shape(), new CardTensor(operations, at, at));
      return;
    }
    // A view, or an array of a workspace, may begin anywhere; kernels take four floats at once.
    long bytes = Float.BYTES * x.length();
    DevicePointer copy = lane.take(bytes);
    lane.stream().copy(copy, at, bytes);
    quantizer.quantize(x.shape(), new CardTensor(operations, copy, copy));
    lane.stream().copy(at, copy, bytes);
  }

  private void requireHere(INDArray x) {
    int ordinal = memory.ordinal(x);
    if (ordinal != device.ordinal()) {
      throw new IllegalArgumentException(
          "an array of shape "
              + Arrays.toString(x.shape())
              + " is on cuda:"
              + ordinal
              + ", and not on "
              + device);
    }
  }
}
