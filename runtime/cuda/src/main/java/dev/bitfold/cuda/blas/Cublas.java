package dev.bitfold.cuda.blas;

import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Declares the functions of cuBLAS that Bitfold calls. {@code sgemm}, for example, is {@code
 * cublasSgemm_v2}. They are the same from version 11 to 13. {@code gemmEx} uses int8 kernels of
 * cublasLt, which comes with cuBLAS. All functions return a status, 0 for success. Matrices are in
 * column-major order.
 */
interface Cublas extends Library {
  /** The names of the library, the newest version first. */
  List<String> NAMES =
      Platform.isWindows()
          ? List.of("cublas64_13", "cublas64_12", "cublas64_11")
          : List.of("libcublas.so.13", "libcublas.so.12", "libcublas.so.11");

  /** CUBLAS_OP_N. */
  int AS_IT_IS = 0;

  /** CUBLAS_OP_T. */
  int TRANSPOSED = 1;

  /** CUDA_R_8I. */
  int INT8 = 3;

  /** CUDA_R_32I. */
  int INT32 = 10;

  /** CUBLAS_COMPUTE_32I. */
  int IN_INT32 = 72;

  /** CUBLAS_GEMM_DEFAULT. */
  int ANY_ALGORITHM = -1;

  /** CUBLAS_STATUS_ARCH_MISMATCH: not on this device. */
  int ARCH_MISMATCH = 8;

  /** CUBLAS_STATUS_NOT_SUPPORTED. */
  int NOT_SUPPORTED = 15;

  /** Returns the library's name for a function. */
  static String symbol(String method) {
    String name = "cublas" + method.substring(0, 1).toUpperCase(Locale.ROOT) + method.substring(1);
    return method.equals("gemmEx") ? name : name + "_v2";
  }

  /**
   * Loads the library.
   *
   * @param name the name or path of the library
   * @throws UnsatisfiedLinkError if there is no such library
   */
  static Cublas load(String name) {
    FunctionMapper mapper = (library, method) -> symbol(method.getName());
    return Native.load(name, Cublas.class, Map.of(Library.OPTION_FUNCTION_MAPPER, mapper));
  }

  int create(PointerByReference handle);

  int destroy(Pointer handle);

  int getVersion(Pointer handle, IntByReference version);

  int setStream(Pointer handle, Pointer stream);

  int sgemm(
      Pointer handle,
      int operationA,
      int operationB,
      int m,
      int n,
      int k,
      FloatByReference alpha,
      long a,
      int leadingA,
      long b,
      int leadingB,
      FloatByReference beta,
      long c,
      int leadingC);

  int gemmEx(
      Pointer handle,
      int operationA,
      int operationB,
      int m,
      int n,
      int k,
      IntByReference alpha,
      long a,
      int typeA,
      int leadingA,
      long b,
      int typeB,
      int leadingB,
      IntByReference beta,
      long c,
      int typeC,
      int leadingC,
      int computeType,
      int algorithm);
}
