package dev.bitfold.cuda.driver;

import dev.bitfold.descriptor.BitfoldException;

/**
 * What the CUDA driver, or a library on top of it, refused or a kernel did wrong: the call, its
 * code and what that means are in the message and apart.
 */
public final class CudaException extends BitfoldException {
  private static final long serialVersionUID = 1L;

  /** CUDA_ERROR_OUT_OF_MEMORY. */
  public static final int OUT_OF_MEMORY = 2;

  private final String call;
  private final int code;

  /**
   * An error of a call.
   *
   * @param call the function, as {@code cuMemAlloc_v2}
   * @param code the driver's, or the library's
   * @param message the whole message
   */
  public CudaException(String call, int code, String message) {
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
