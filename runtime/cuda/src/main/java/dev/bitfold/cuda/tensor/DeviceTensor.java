package dev.bitfold.cuda.tensor;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DeviceMemory;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.CardTensor;
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
 * A tensor of float32 in c order in a card's memory, for work that stays on the card. It is to be
 * closed; one that is not is given back when the garbage collector finds it, with a warning that
 * says where it was made.
 *
 * <p>A method is over when it returns: what it reads may change, and what it wrote is there. Safe
 * for concurrent use as an array is: any number of threads may read, and one that writes is alone.
 * A tensor that is closed while another thread uses it is given back after that.
 *
 * <p>Every method that uses the values throws {@link IllegalStateException} if the tensor is closed
 * and {@link CudaException} if the card fails; what it writes to is then undefined.
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
                + " on a card: it holds at least 1 and at most 2^31 - 1 values");
      }
      length *= size;
    }
    return (int) length;
  }

  /**
   * A tensor whose values are not set.
   *
   * @param shape sizes of at least 1; none for a scalar
   * @throws IllegalArgumentException if a size is below 1, or it has 2^31 values or more
   * @throws CudaException if the card has not so much memory; the message says how much was asked
   *     for and how much is free
   */
  public static DeviceTensor uninitialized(CudaDevice device, long... shape) {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(shape, "shape");
    return new DeviceTensor(device, shape.clone());
  }

  /**
   * A tensor with the values of an array.
   *
   * @param x floats of any order and strides, at most 2^29 - 1; other float types are converted to
   *     float32
   * @throws IllegalArgumentException if it holds integers, or nothing, or too much
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

  /** The card. */
  public CudaDevice device() {
    return device;
  }

  /** The shape. */
  public long[] shape() {
    return shape.clone();
  }

  /** The number of values. */
  public int length() {
    return length;
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return memory.isClosed();
  }

  /**
   * Takes over the values of an array.
   *
   * @param x floats of this shape
   * @throws IllegalArgumentException if it holds integers or is of another shape
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

  /** The values in a new array, float32 in c order. */
  public INDArray toHost() {
    DenseFloats out = DenseFloats.uninitialized(shape);
    download(out);
    return out.array();
  }

  /**
   * Writes the values to an array.
   *
   * @param out floats of this shape, of any order and strides
   * @return {@code out}
   * @throws IllegalArgumentException if it holds integers or is of another shape
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

  /** The same values in memory of their own. */
  public DeviceTensor copy() {
    return filled(
        to ->
            use(
                from ->
                    Lanes.of(device)
                        .run(lane -> lane.stream().copy(to, from, (long) Float.BYTES * length))));
  }

  /**
   * What {@link Quantizer#quantize(INDArray)} gives for the same values, bit for bit.
   *
   * @return a new tensor
   * @throws IllegalArgumentException as there
   */
  public DeviceTensor quantize(Quantizer quantizer) {
    Objects.requireNonNull(quantizer, "quantizer");
    return filled(to -> quantize(quantizer, to));
  }

  /**
   * The same, in place.
   *
   * @throws IllegalArgumentException as there; the values are then unchanged
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
                        quantizer.quantize(shape, new CardTensor(new Operations(lane), from, to))));
  }

  /**
   * What {@link Quantizer#codes(INDArray)} gives for the same values, bit for bit.
   *
   * @throws IllegalArgumentException as there
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
                                            new CardTensor(new Operations(lane), from, to)))));
    return new DeviceCodes(codes, scale[0]);
  }

  /**
   * What {@link Quantizer#amax(INDArray)} gives for the same values, bit for bit.
   *
   * @return on the host
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
                                shape, new CardTensor(new Operations(lane), from, from))));
    return amax[0];
  }

  /**
   * Uses the memory: {@link #length} floats, from a multiple of 256 bytes on.
   *
   * @param use must not keep the pointer, and is over when what it gave to the card is done
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

  /** A new tensor of this shape. */
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

  /** Gives the memory back. To close it again changes nothing. */
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
