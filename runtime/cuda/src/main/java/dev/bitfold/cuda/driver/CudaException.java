package dev.bitfold.cuda.driver;

/**
 * What the CUDA driver refused or a kernel did wrong: the call, CUDA's code and its meaning are in
 * the message and apart.
 */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** CUDA_ERROR_OUT_OF_MEMORY. */
  public static final int OUT_OF_MEMORY = 2;

  private final String call;
  private final int code;

  /**
   * An error of a call.
   *
   * @param call the driver's function, as {@code cuMemAlloc_v2}
   * @param code CUDA's
   * @param message the whole message
   */
  CudaException(String call, int code, String message) {
    super(message);
    this.call = call;
    this.code = code;
  }

  /** The driver's function that failed, as {@code cuMemAlloc_v2}. */
  public String call() {
    return call;
  }

  /** CUDA's code: 2 is CUDA_ERROR_OUT_OF_MEMORY. */
  public int code() {
    return code;
  }
}
