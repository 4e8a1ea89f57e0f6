package dev.bitfold.cuda.driver;

import dev.bitfold.descriptor.BitfoldException;

/**
 * Thrown if the CUDA driver or a library on top of it refuses a call, or if a kernel fails. The
 * message has the call, its code and the meaning of the code. The call and the code are also
 * available separately.
 */
public final class CudaException extends BitfoldException {
  private static final long serialVersionUID = 1L;

  /** CUDA_ERROR_OUT_OF_MEMORY. */
  public static final int OUT_OF_MEMORY = 2;

  private final String call;
  private final int code;

  /**
   * Makes an exception for a call.
   *
   * @param call the function, such as {@code cuMemAlloc_v2}
   * @param code the code of the driver or of the library
   * @param message the whole message
   */
  public CudaException(String call, int code, String message) {
    super(message);
    this.call = call;
    this.code = code;
  }

  /** Returns the function that failed, such as {@code cuMemAlloc_v2}. */
  public String call() {
    return call;
  }

  /** Returns CUDA's code, such as 2 for CUDA_ERROR_OUT_OF_MEMORY. */
  public int code() {
    return code;
  }
}
