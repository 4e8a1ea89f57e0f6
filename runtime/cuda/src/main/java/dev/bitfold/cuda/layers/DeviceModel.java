package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.blas.MatrixProducts;
import dev.bitfold.cuda.blas.MatrixProducts.Multiplier;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.KeptConstants;
import dev.bitfold.cuda.launch.Lane;
import dev.bitfold.cuda.launch.Lanes;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.RMSNorm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs a chain of ready-made layers on a device, quantized as in the model from which they are
 * taken. Between the first layer and the last, no tensor goes to the host.
 *
 * <pre>{@code
 * try (DeviceModel mlp = DeviceModel.on(device)
 *         .then(model.norm()).then(model.fc1()).then(Activation.GELU).then(model.fc2()).build()) {
 *   INDArray y = mlp.forward(x);
 * }
 * }</pre>
 *
 * <p>For the same values, an input or output is quantized to the same bits as on the host. Products
 * and norms sum in another order than on the host: see {@link MatrixProducts}. Close each model.
 * Safe for concurrent use.
 */
public final class DeviceModel implements AutoCloseable {
  /** Collects layers in order. Nothing is sent to the device yet. */
  public static final class Builder {
    private final CudaDevice device;
    private final MatrixProducts products;
    private final List<Function<CudaDevice, DeviceLayer>> layers = new ArrayList<>();

    private Builder(CudaDevice device, MatrixProducts products) {
      this.device = device;
      this.products = products;
    }

    /** Adds a layer, float or of a frozen model. */
    public Builder then(Linear layer) {
      Objects.requireNonNull(layer, "layer");
      layers.add(on -> DeviceLinear.of(on, layer));
      return this;
    }

    /** Adds a norm, float or of a frozen model. */
    public Builder then(LayerNorm layer) {
      Objects.requireNonNull(layer, "layer");
      layers.add(on -> DeviceNorm.of(on, layer));
      return this;
    }

    /** Adds a norm, float or of a frozen model. */
    public Builder then(RMSNorm layer) {
      Objects.requireNonNull(layer, "layer");
      layers.add(on -> DeviceNorm.of(on, layer));
      return this;
    }

    /** Adds an activation. */
    public Builder then(Activation activation) {
      Objects.requireNonNull(activation, "activation");
      layers.add(on -> new DeviceActivation(activation));
      return this;
    }

    /**
     * Sends the layers' weights to the device.
     *
     * @throws IllegalArgumentException if the forward of a layer's class is not known here: if the
     *     class is the user's own subclass, or if the layer is being calibrated or trained
     * @throws IllegalStateException if there are no layers
     * @throws CudaException if the weights do not fit the device
     */
    public DeviceModel build() {
      if (layers.isEmpty()) {
        throw new IllegalStateException("a model without layers");
      }
      List<DeviceLayer> made = new ArrayList<>();
      try {
        layers.forEach(layer -> made.add(layer.apply(device)));
      } catch (RuntimeException | Error e) {
        made.forEach(layer -> layer.tensors().forEach(DeviceTensor::close));
        throw e;
      }
      return new DeviceModel(device, products, made);
    }
  }

  private final CudaDevice device;
  private final MatrixProducts products;
  private final List<DeviceLayer> layers;
  private final KeptConstants constants = new KeptConstants();

  /** Held for reading by passes and for writing by {@link #close}, which so waits for passes. */
  private final ReentrantReadWriteLock passes = new ReentrantReadWriteLock();

  private boolean closed;

  private DeviceModel(CudaDevice device, MatrixProducts products, List<DeviceLayer> layers) {
    this.device = device;
    this.products = products;
    this.layers = List.copyOf(layers);
  }

  /** Returns a builder for a model on a device, with the matrix products found for it. */
  public static Builder on(CudaDevice device) {
    return on(device, MatrixProducts.of(device));
  }

  /** Returns a builder for a model on a device, with the given matrix products. */
  public static Builder on(CudaDevice device, MatrixProducts products) {
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(products, "products");
    return new Builder(device, products);
  }

  /**
   * Applies the layers.
   *
   * @param x a tensor on the same device; it is not changed
   * @return a new tensor, which the caller closes
   * @throws IllegalArgumentException if a layer refuses the shape of its input, or a quantizer
   *     refuses the values; the message names the layer
   * @throws IllegalStateException if the model or the tensor is closed
   * @throws CudaException if the device fails or has not enough memory
   */
  public DeviceTensor forward(DeviceTensor x) {
    Objects.requireNonNull(x, "x");
    if (x.device().ordinal() != device.ordinal()) {
      throw new IllegalArgumentException("the " + x + " for a model on " + device);
    }
    passes.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the model on " + device + " is closed");
      }
      List<long[]> shapes = shapes(x.shape());
      DeviceTensor y = DeviceTensor.uninitialized(device, shapes.get(layers.size()));
      Consumer<DevicePointer> to =
          out -> x.use(in -> Lanes.of(device).run(lane -> run(lane, in, shapes, out)));
      try {
        y.use(to);
        return y;
      } catch (RuntimeException | Error e) {
        y.close();
        throw e;
      }
    } finally {
      passes.readLock().unlock();
    }
  }

  /**
   * Sends a tensor to the device, applies the layers and fetches the result.
   *
   * @param x floats of any order
   * @return a new array of float32
   */
  public INDArray forward(INDArray x) {
    try (DeviceTensor in = DeviceTensor.copyOf(device, x);
        DeviceTensor out = forward(in)) {
      return out.toHost();
    }
  }

  /** Returns the shape before each layer and the shape after the last one. */
  private List<long[]> shapes(long[] shape) {
    List<long[]> shapes = new ArrayList<>(List.of(shape));
    for (DeviceLayer layer : layers) {
      long[] output = layer.outputShape(shapes.get(shapes.size() - 1));
      if (bytes(output) / Float.BYTES > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            layer.name()
                + ": an output of shape "
                + Arrays.toString(output)
                + "; a tensor on a device holds at most 2^31 - 1 values");
      }
      shapes.add(output);
    }
    return shapes;
  }

  private static long bytes(long[] shape) {
    return Float.BYTES * Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  private void run(Lane lane, DevicePointer x, List<long[]> shapes, DevicePointer y) {
    int last = layers.size() - 1;
    long most = shapes.stream().mapToLong(DeviceModel::bytes).max().orElse(0);
    // Layers write to the two in turn.
    List<DevicePointer> between =
        List.of(
            last > 0 ? lane.take(most) : DevicePointer.NULL,
            last > 1 ? lane.take(most) : DevicePointer.NULL);
    try (Multiplier multiplier = products.open(lane)) {
      Pass pass = new Pass(lane, multiplier, constants, lane.take(most));
      DevicePointer from = x;
      for (int i = 0; i <= last; i++) {
        DevicePointer to = i == last ? y : between.get(i % 2);
        try {
          layers.get(i).run(pass, from, shapes.get(i), to);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(layers.get(i).name() + ": " + e.getMessage(), e);
        }
        from = to;
      }
      lane.stream().synchronize();
    }
  }

  /** Gives the weights' memory back after the current passes are complete. */
  @Override
  public void close() {
    passes.writeLock().lock();
    try {
      closed = true;
      layers.forEach(layer -> layer.tensors().forEach(DeviceTensor::close));
      constants.close();
    } finally {
      passes.writeLock().unlock();
    }
  }

  @Override
  public String toString() {
    return "DeviceModel of "
        + layers.stream().map(DeviceLayer::name).toList()
        + " on "
        + device
        + ", products by "
        + products.name();
  }
}
