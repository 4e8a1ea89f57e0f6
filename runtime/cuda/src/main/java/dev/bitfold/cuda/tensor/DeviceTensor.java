package dev.bitfold.cuda.tensor;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.DeviceTensorKernels;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.quantizer.CodeScale;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a float32 tensor in c order in a device's memory, for work that stays on the device. Close
 * each tensor. The memory of a tensor that nobody closes is given back when the garbage collector
 * finds the tensor, with a warning that says where the tensor was made.
 *
 * <p>A method is complete when it returns: its sources may change, and its results are written. A
 * tensor is as safe for concurrent use as an array: any number of threads may read, and a thread
 * that writes must be alone. If a tensor is closed while another thread uses it, its memory is
 * given back after that use.
 *
 * <p>Every method that uses the values throws {@link IllegalStateException} if the tensor is closed
 * and {@link CudaException} if the device fails. After a failure, the values written are undefined.
 */
public final class DeviceTensor implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final CudaDevice device;
  private final long[] shape;
  private final int length;
  private final HeldMemory memory;
  private final Cleaner.Cleanable cleanable;

  private DeviceTensor(CudaDevice device, long[] shape) {
    this.device = device;
    this.shape = shape;
    this.length = length(shape);
    DeviceMemory allocated = device.allocate((long) Float.BYTES * length);
    this.memory = new HeldMemory(allocated, toString(), new Throwable("made here"));
    this.cleanable = CLEANER.register(this, memory);
  }

  private static int length(long[] shape) {
    long length = 1;
    for (long size : shape) {
      if (size < 1 || size > Integer.MAX_VALUE || length * size > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a tensor of shape "
                + Arrays.toString(shape)
                + " on a device: it holds at least 1 and at most 2^31 - 1 values");
      }
      length *= size;
    }
    return (int) length;
  }

  /**
   * Returns a tensor whose values are not set.
   *
   * @param shape sizes of at least 1; none for a scalar
   * @throws IllegalArgumentException if a size is below 1, or if there are 2^31 values or more
   * @throws CudaException if the device has not enough memory; the message says how many bytes were
   *     asked for and how many are free
   */
  public static DeviceTensor uninitialized(CudaDevice device, long... shape) {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(shape, "shape");
    return new DeviceTensor(device, shape.clone());
  }

  /**
   * Returns a tensor with the values of an array.
   *
   * @param x at most 2^29 - 1 floats, of any order and strides; other float types are converted to
   *     float32
   * @throws IllegalArgumentException if the array holds integers, is empty or is too large
   * @throws CudaException as {@link #uninitialized}
   */
  public static DeviceTensor copyOf(CudaDevice device, INDArray x) {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(x, "x");
    DeviceTensor tensor = new DeviceTensor(device, x.shape().clone());
    try {
      tensor.copyFrom(x);
      return tensor;
    } catch (RuntimeException | Error e) {
      tensor.close();
      throw e;
    }
  }

  /** Returns the device. */
  public CudaDevice device() {
    return device;
  }

  /** Returns the shape. */
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the number of values. */
  public int length() {
    return length;
  }

  /** Returns whether this tensor is closed. */
  public boolean isClosed() {
    return memory.isClosed();
  }

  /**
   * Copies the values of an array to this tensor.
   *
   * @param x floats of this tensor's shape
   * @throws IllegalArgumentException if the array holds integers or has another shape
   */
  public void copyFrom(INDArray x) {
    Objects.requireNonNull(x, "x");
    requireShape(x);
    DenseFloats values = DenseFloats.of(x, "a tensor");
    use(
        to ->
            Lanes.of(device)
                .run(lane -> values.use(from -> lane.staging().upload(from, length, to))));
  }

  /** Returns the values in a new array, float32 in c order. */
  public INDArray toHost() {
    DenseFloats out = DenseFloats.uninitialized(shape);
    download(out);
    return out.array();
  }

  /**
   * Copies the values of this tensor to an array.
   *
   * @param out floats of this tensor's shape, of any order and strides
   * @return {@code out}
   * @throws IllegalArgumentException if the array holds integers or has another shape
   */
  public INDArray copyTo(INDArray out) {
    Objects.requireNonNull(out, "out");
    requireShape(out);
    DenseFloats dense = DenseFloats.of(out, "a tensor");
    download(dense);
    return dense.array() == out ? out : out.assign(dense.array());
  }

  private void download(DenseFloats out) {
    use(
        from ->
            Lanes.of(device).run(lane -> out.use(to -> lane.staging().download(from, to, length))));
  }

  /** Returns a new tensor with the same values. */
  public DeviceTensor copy() {
    return filled(
        to ->
            use(
                from ->
                    Lanes.of(device)
                        .run(lane -> lane.stream().copy(to, from, (long) Float.BYTES * length))));
  }

  /**
   * Returns the quantized values in a new tensor, with the bits of {@link
   * Quantizer#quantize(INDArray)}.
   *
   * @throws IllegalArgumentException as {@link Quantizer#quantize(INDArray)}
   */
  public DeviceTensor quantize(Quantizer quantizer) {
    Objects.requireNonNull(quantizer, "quantizer");
    return filled(to -> quantize(quantizer, to));
  }

  /**
   * Quantizes the values in place, with the bits of {@link Quantizer#quantize(INDArray)}.
   *
   * @throws IllegalArgumentException as {@link Quantizer#quantize(INDArray)}; the values are then
   *     unchanged
   */
  public void quantizeInPlace(Quantizer quantizer) {
    Objects.requireNonNull(quantizer, "quantizer");
    use(to -> quantize(quantizer, to));
  }

  private void quantize(Quantizer quantizer, DevicePointer to) {
    use(
        from ->
            Lanes.of(device)
                .run(
                    lane ->
                        quantizer.quantize(
                            shape, new DeviceTensorKernels(new Operations(lane), from, to))));
  }

  /**
   * Returns the codes of the values and their scale, with the bits of {@link
   * Quantizer#codes(INDArray)}.
   *
   * @throws IllegalArgumentException as {@link Quantizer#codes(INDArray)}
   */
  public DeviceCodes codes(Quantizer quantizer) {
    Objects.requireNonNull(quantizer, "quantizer");
    CodeScale[] scale = new CodeScale[1];
    DeviceTensor codes =
        filled(
            to ->
                use(
                    from ->
                        Lanes.of(device)
                            .run(
                                lane ->
                                    scale[0] =
                                        quantizer.codes(
                                            shape,
                                            new DeviceTensorKernels(
                                                new Operations(lane), from, to)))));
    return new DeviceCodes(codes, scale[0]);
  }

  /**
   * Returns the amax of the values in an array of the host, with the bits of {@link
   * Quantizer#amax(INDArray)}.
   */
  public INDArray amax(Quantizer quantizer) {
    Objects.requireNonNull(quantizer, "quantizer");
    INDArray[] amax = new INDArray[1];
    use(
        from ->
            Lanes.of(device)
                .run(
                    lane ->
                        amax[0] =
                            quantizer.amax(
                                shape, new DeviceTensorKernels(new Operations(lane), from, from))));
    return amax[0];
  }

  /**
   * Passes the address of the memory to a function: {@link #length} floats, from a multiple of 256
   * bytes on.
   *
   * @param use a function that must not keep the pointer, and that returns when its work on the
   *     device is done
   */
  public void use(Consumer<DevicePointer> use) {
    Objects.requireNonNull(use, "use");
    DevicePointer start = memory.enter();
    try {
      use.accept(start);
    } finally {
      memory.leave();
      Reference.reachabilityFence(this);
    }
  }

  /** Returns a new tensor of this tensor's shape. */
  private DeviceTensor filled(Consumer<DevicePointer> fill) {
    DeviceTensor tensor = new DeviceTensor(device, shape);
    try {
      tensor.use(fill);
      return tensor;
    } catch (RuntimeException | Error e) {
      tensor.close();
      throw e;
    }
  }

  private void requireShape(INDArray array) {
    if (!Arrays.equals(array.shape(), shape)) {
      DataType type = array.dataType();
      throw new IllegalArgumentException(
          "an array of "
              + type
              + " and shape "
              + Arrays.toString(array.shape())
              + " for a "
              + this);
    }
  }

  /** Gives the memory back. Closing a tensor again has no effect. */
  @Override
  public void close() {
    memory.close();
    cleanable.clean();
  }

  @Override
  public String toString() {
    return "DeviceTensor of shape " + Arrays.toString(shape) + " on cuda:" + device.ordinal();
  }
}
