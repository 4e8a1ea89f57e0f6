package dev.bitfold.cuda.blas;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.CudaException;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LoadFailure;
import dev.bitfold.cuda.launch.Lane;
import dev.bitfold.kernel.Setting;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Multiplies matrices of float32 or of int8 codes on a device. Safe for concurrent use.
 *
 * <p>cuBLAS is used if it is found: {@code libcublas.so.13}, {@code .12} or {@code .11} where the
 * system looks for libraries, or the file that {@code -Dbitfold.cublas=PATH} names. {@code
 * -Dbitfold.cublas=off} leaves cuBLAS out. cuBLAS sums floats in an order of its own, which may
 * differ between devices. Without cuBLAS, {@code products.cuh} is used. Its order is fixed, with
 * the same bits on every device. Sums of codes are always exact.
 */
public interface MatrixProducts {
  /** Returns the name of the implementation for people: {@code cuBLAS 12.4.5}. */
  String name();

  /**
   * Opens products for a lane.
   *
   * @throws CudaException if the device has not enough memory
   */
  Multiplier open(Lane lane);

  /** Multiplies in one lane. It is closed when the lane's stream has done its work. */
  interface Multiplier extends AutoCloseable {
    /**
     * Queues {@code y = x · wᵀ + bias} in the stream.
     *
     * @param x [rows, inner]
     * @param w [outputs, inner]
     * @param bias [outputs], or a null pointer for none
     * @param y [rows, outputs], in other memory than the inputs
     */
    void multiply(
        DevicePointer x,
        DevicePointer w,
        DevicePointer bias,
        DevicePointer y,
        int rows,
        int inner,
        int outputs);

    /**
     * Queues {@code y = (x · wᵀ) / xScale · wScale + bias} in the stream. The sum is in int32 and
     * exact. After that, each step is rounded once to float32.
     *
     * @param x [rows, inner], with a scale for each row, by which the row is divided
     * @param w [outputs, inner], with a scale for each output, by which the output is multiplied
     * @param bias [outputs], or a null pointer for none
     * @param y [rows, outputs], in other memory than the inputs
     * @param inner a multiple of 4 below 2^17, so that no sum overflows the int32
     */
    void multiply(
        Codes x, Codes w, DevicePointer bias, DevicePointer y, int rows, int inner, int outputs);

    @Override
    void close();
  }

  /**
   * Holds a matrix of int8 codes.
   *
   * @param codes the address of one byte for each code, a multiple of 16
   * @param scales the address of a float for each row
   */
  record Codes(DevicePointer codes, DevicePointer scales) {}

  /** Returns the products of a device. The choice is made once and logged in one line. */
  static MatrixProducts of(CudaDevice device) {
    Objects.requireNonNull(device, "device");
    return Found.PRODUCTS.computeIfAbsent(device, on -> find(on, Setting.CUBLAS.text()));
  }

  /**
   * Finds the best implementation.
   *
   * @param cublas the path of a library, or {@code off}; empty for the library that the system
   *     finds
   */
  static MatrixProducts find(CudaDevice device, String cublas) {
    if (cublas.equals("off")) {
      return new OwnProducts();
    }
    List<String> names = cublas.isEmpty() ? Cublas.NAMES : List.of(cublas);
    String why = "no cuBLAS was found";
    for (String name : names) {
      try {
        CublasProducts products = new CublasProducts(device, Cublas.load(name));
        Found.LOG.info("matrix products on {} are made by {}", device, products.name());
        return products;
      } catch (UnsatisfiedLinkError e) {
        // Of those that have a usual name an older one may be there.
        why = cublas.isEmpty() ? why : LoadFailure.reason(e);
      } catch (CudaException e) {
        why = String.valueOf(e.getMessage());
      }
    }
    OwnProducts own = new OwnProducts();
    String line = "matrix products on {} are made by {}; cuBLAS would be faster, but {} ({})";
    Object[] words = {device, own.name(), why, String.join(", ", names)};
    if (cublas.isEmpty()) {
      Found.LOG.info(line, words);
    } else {
      // Who names a library wants it.
      Found.LOG.warn(line, words);
    }
    return own;
  }

  /** Keeps what was found. */
  final class Found {
    private static final Logger LOG = LoggerFactory.getLogger(MatrixProducts.class);
    private static final Map<CudaDevice, MatrixProducts> PRODUCTS = new ConcurrentHashMap<>();

    private Found() {}
  }
}
