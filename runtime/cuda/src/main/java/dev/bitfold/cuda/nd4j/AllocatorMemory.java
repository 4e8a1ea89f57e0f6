package dev.bitfold.cuda.nd4j;

import dev.bitfold.cuda.driver.DevicePointer;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.function.Consumer;
import org.nd4j.jita.allocator.impl.AllocationPoint;
import org.nd4j.jita.allocator.impl.AtomicAllocator;
import org.nd4j.jita.flow.FlowController;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.jcublas.buffer.BaseCudaDataBuffer;
import org.nd4j.linalg.jcublas.context.CudaContext;

/**
 * Finds the memory of arrays of nd4j-cuda 1.0.0-M2.1 through its allocator. Not run on a device
 * yet: see {@link CudaArrays}.
 */
final class AllocatorMemory implements ArrayMemory {
  @Override
  public int ordinal(INDArray array) {
    if (!(array.data() instanceof BaseCudaDataBuffer buffer)) {
      throw new IllegalArgumentException(
          "an array of "
              + array.dataType()
              + " and shape "
              + Arrays.toString(array.shape())
              + " is not nd4j-cuda's, but of "
              + array.data().getClass().getName());
    }
    return buffer.getAllocationPoint().getDeviceId();
  }

  @Override
  public void use(INDArray array, Consumer<DevicePointer> use) {
    AtomicAllocator allocator = AtomicAllocator.getInstance();
    FlowController flow = allocator.getFlowController();
    CudaContext context = flow.prepareAction(array);
    AllocationPoint point = allocator.getAllocationPoint(array);
    // Sent over if the host wrote last.
    flow.synchronizeToDevice(point);
    // Our kernels run on a stream of their own, in the same context.
    context.syncOldStream();
    try {
      // The pointer is the buffer's, without the array's offset.
      long address = point.getDevicePointer().address();
      use.accept(new DevicePointer(address + Float.BYTES * array.offset()));
    } finally {
      flow.registerAction(context, array);
      Reference.reachabilityFence(array);
    }
  }
}
