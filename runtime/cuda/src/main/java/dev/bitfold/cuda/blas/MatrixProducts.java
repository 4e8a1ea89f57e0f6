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
 * Multiplies matrices on a card, of float32 or of int8 codes. Safe for concurrent use.
 *
 * <p>cuBLAS is used where it is found: {@code libcublas.so.13}, {@code .12} or {@code .11} where
 * the system looks for libraries, or the file that {@code -Dbitfold.cublas=PATH} names; {@code
 * -Dbitfold.cublas=off} leaves it alone. Its sums of floats go in an order of its own, which may
 * differ from card to card. Without it {@code products.cuh} is used, whose order is fixed: the same
 * bits on every card. Sums of codes are exact, whoever makes them.
 */
public interface MatrixProducts {
  /** What makes the products, for people: {@code cuBLAS 12.4.5}. */
  String name();

  /**
   * Opens products for a lane.
   *
   * @throws CudaException if there is no room for what they need
   */
  Multiplier open(Lane lane);

  /** The products of one lane; closed when the lane's stream has done what it was given. */
  interface Multiplier extends AutoCloseable {
    /**
     * Gives {@code y = x · wᵀ + bias} to the stream.
     *
     * @param x of [rows, inner]
     * @param w of [outputs, inner]
     * @param bias of [outputs]; nowhere for none
     * @param y of [rows, outputs]; none of the others
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
     * Gives {@code y = (x · wᵀ) / xScale · wScale + bias} to the stream: the sum in int32, which is
     * exact; then each step once rounded to float32.
     *
     * @param x of [rows, inner], with a scale for each row, which divides
     * @param w of [outputs, inner], with a scale for each output, which multiplies
     * @param bias as there
     * @param y as there
     * @param inner a multiple of 4 below 2^17, so that no sum leaves the int32
     */
    void multiply(
        Codes x, Codes w, DevicePointer bias, DevicePointer y, int rows, int inner, int outputs);

    @Override
    void close();
  }

  /**
   * A matrix of int8 codes.
   *
   * @param codes address of a byte for each, a multiple of 16
   * @param scales address of a float for each row
   */
  record Codes(DevicePointer codes, DevicePointer scales) {}

  /** Those of a card, decided once, and then logged in one line. */
  static MatrixProducts of(CudaDevice device) {
    Objects.requireNonNull(device, "device");
    return Found.PRODUCTS.computeIfAbsent(device, on -> find(on, Setting.CUBLAS.text()));
  }

  /**
   * Looks for the best.
   *
   * @param cublas path to a library, or {@code off}; empty: where the system finds it
   */
  static MatrixProducts find(CudaDevice device, String cublas) {
    if (cublas.equals("off")) {
      return new OwnProducts();
    }
    List<String> names = cublas.isEmpty() ? Cublas.NAMES : List.of(cublas);
    String why = "none is found";
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
    String line = "matrix products on {} are made by {}; those of cuBLAS are faster, but {} ({})";
    Object[] words = {device, own.name(), why, String.join(", ", names)};
    if (cublas.isEmpty()) {
      Found.LOG.info(line, words);
    } else {
      // Who names a library wants it.
      Found.LOG.warn(line, words);
    }
    return own;
  }

  /** What was found. */
  final class Found {
    private static final Logger LOG = LoggerFactory.getLogger(MatrixProducts.class);
    private static final Map<CudaDevice, MatrixProducts> PRODUCTS = new ConcurrentHashMap<>();

    private Found() {}
  }
}
