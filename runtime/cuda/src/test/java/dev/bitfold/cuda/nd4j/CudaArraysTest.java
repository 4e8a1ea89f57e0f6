package dev.bitfold.cuda.nd4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.CudaProvider;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.quantizer.Quantizer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Arrays that a backend keeps on the device are quantized where they are. */
class CudaArraysTest {
  private final CudaDevice device = CudaProvider.device();

  /** Keeps an array's values on the stand-in for the time of a use, so many floats from a start. */
  private final class Memory implements ArrayMemory {
    private final int ordinal;
    private final int offset;
    private int uses;

    Memory(int ordinal, int offset) {
      this.ordinal = ordinal;
      this.offset = offset;
    }

    @Override
    public int ordinal(INDArray array) {
      return ordinal;
    }

    @Override
    public void use(INDArray array, Consumer<DevicePointer> use) {
      uses++;
      INDArray within = Nd4j.zeros(DataType.FLOAT, offset + array.length());
      INDArray part =
          within.get(NDArrayIndex.interval(offset, offset + array.length())).reshape(array.shape());
      part.assign(array);
      try (DeviceTensor tensor = DeviceTensor.copyOf(device, within)) {
        tensor.use(start -> use.accept(start.plus((long) Float.BYTES * offset)));
        tensor.copyTo(within);
      }
      array.assign(part);
    }
  }

  private static INDArray x() {
    return Nd4j.linspace(-3, 4, 24 * 5, DataType.FLOAT).reshape(5, 24);
  }

  @Test
  void denseArraysInPlaceAndOthersByACopy() {
    Quantizer quantizer =
        Quantizer.of(
            QuantDescriptor.builder()
                .bits(4)
                .blockSizes(BlockSize.axis(-1, 8))
                .dynamic(true)
                .build());
    Memory memory = new Memory(0, 0);
    CudaArrays arrays = new CudaArrays(device, memory);
    INDArray expected = quantizer.withKernels(Kernels.named("reference")).quantize(x());
    INDArray dense = x();
    assertSame(dense, arrays.quantizeInPlace(quantizer, dense));
    assertEquals(expected, dense);
    INDArray other = x().dup('f');
    assertSame(other, arrays.quantizeInPlace(quantizer, other));
    assertEquals(expected, other);
    INDArray from = x();
    INDArray quantized = arrays.quantize(quantizer, from);
    assertNotSame(from, quantized);
    assertEquals(expected, quantized);
    assertEquals(x(), from);
    INDArray doubles = arrays.quantize(quantizer, from.castTo(DataType.DOUBLE));
    assertEquals(expected.castTo(DataType.DOUBLE), doubles);
    assertEquals(4, memory.uses);
  }

  @Test
  void anArrayMayBeginAnywhere() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.builder().axis(0).build());
    INDArray expected = quantizer.withKernels(Kernels.named("reference")).quantize(x());
    for (int offset : new int[] {1, 2, 3, 4, 6}) {
      INDArray array = x();
      new CudaArrays(device, new Memory(0, offset)).quantizeInPlace(quantizer, array);
      assertEquals(expected, array);
    }
  }

  @Test
  void arraysOfAnotherDeviceAndOfTheHostAreRefused() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    Memory other = new Memory(1, 0);
    IllegalArgumentException elsewhere =
        assertThrows(
            IllegalArgumentException.class,
            () -> new CudaArrays(device, other).quantizeInPlace(quantizer, x()));
    assertEquals(
        "an array of shape [5, 24] is on cuda:1, and not on " + device, elsewhere.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> new CudaArrays(device, other).quantize(quantizer, x()));
    assertEquals(0, other.uses);
    // The backend is not on the tests' class path.
    assertThrows(
        NoClassDefFoundError.class, () -> CudaArrays.on(device).quantizeInPlace(quantizer, x()));
  }
}
