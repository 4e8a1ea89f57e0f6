package dev.bitfold.cuda.nd4j;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.DeviceTensorKernels;
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
 * Quantizes arrays of the {@code nd4j-cuda} backend in the device's memory, without a copy:
 * Bitfold's kernels run in the primary context that both share.
 *
 * <p><b>Not tested on a device.</b> {@code nd4j-cuda-11.6} 1.0.0-M2.1 runs on devices up to compute
 * capability 8.6 (and 8.9 by compatibility). Everything is tested except for the calls to the
 * backend's allocator. The backend must be on the class path; Bitfold does not bring it.
 *
 * <p>A method is complete when it returns. It is as safe for concurrent use as the arrays are: a
 * thread that writes to an array must be alone. Every method throws {@link
 * IllegalArgumentException} if an array is not of that backend, is on another device, or cannot be
 * quantized by the {@link Quantizer}. Every method throws {@link CudaException} if the device
 * fails.
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
   * Returns the arrays of a device.
   *
   * @throws NoClassDefFoundError on first use, if nd4j-cuda is not on the class path
   */
  public static CudaArrays on(CudaDevice device) {
    Objects.requireNonNull(device, "device");
    return new CudaArrays(device, new AllocatorMemory());
  }

  /** Returns the quantized values in a new array on the device, with {@link Quantizer}'s bits. */
  public INDArray quantize(Quantizer quantizer, INDArray x) {
    Objects.requireNonNull(quantizer, "quantizer");
    Objects.requireNonNull(x, "x");
    requireHere(x);
    // Both are done on the device.
    INDArray y = x.castTo(DataType.FLOAT).dup('c');
    run(quantizer, y);
    DataType type = quantizer.resultType(x.dataType());
    return type == DataType.FLOAT ? y : y.castTo(type);
  }

  /**
   * Quantizes in place, with {@link Quantizer}'s bits. There is no copy if the array is dense
   * float32 in c order and begins at a multiple of 16 bytes. Otherwise, there is a copy on the
   * device.
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
      quantizer.quantize(x.shape(), new DeviceTensorKernels(operations, at, at));
      return;
    }
    // A view, or an array of a workspace, may begin anywhere; kernels take four floats at once.
    long bytes = Float.BYTES * x.length();
    DevicePointer copy = lane.take(bytes);
    lane.stream().copy(copy, at, bytes);
    quantizer.quantize(x.shape(), new DeviceTensorKernels(operations, copy, copy));
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
