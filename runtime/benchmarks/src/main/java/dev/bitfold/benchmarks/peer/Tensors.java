package dev.bitfold.benchmarks.peer;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds the input, {@code n} standard normal values, and memory for results. All sides read and
 * write the same memory: libtorch's tensors are views of ND4J's dense arrays.
 */
final class Tensors {
  /** The number of columns of the matrix that per-channel kernels see. */
  static final int COLUMNS = 1024;

  final int n;

  /** The input and a second one, of [n / COLUMNS, COLUMNS]. */
  final INDArray x;

  final INDArray gradient;

  /** Receives our results. */
  final INDArray ours;

  /** Receives a peer's results. */
  final INDArray theirs;

  private final List<Tensor> allocated = new ArrayList<>();

  Tensors(int n) {
    this.n = n;
    long rows = n / COLUMNS;
    Nd4j.getRandom().setSeed(42);
    this.x = Nd4j.randn(DataType.FLOAT, rows, COLUMNS);
    this.gradient = Nd4j.randn(DataType.FLOAT, rows, COLUMNS);
    this.ours = Nd4j.create(DataType.FLOAT, rows, COLUMNS);
    this.theirs = Nd4j.create(DataType.FLOAT, rows, COLUMNS);
  }

  /** Returns libtorch's view of an array. */
  static Tensor view(INDArray array, long... shape) {
    return torch.from_blob(array.data().pointer(), shape, options(ScalarType.Float));
  }

  /** Returns new memory of libtorch, which is freed together with this object. */
  Tensor empty(ScalarType type, long... shape) {
    Tensor tensor = torch.empty(shape, options(type), null);
    allocated.add(tensor);
    return tensor;
  }

  private static TensorOptions options(ScalarType type) {
    return new TensorOptions(type);
  }

  /** Returns the memory of an array in the form that our kernels take. */
  static FloatBuffer buffer(INDArray array) {
    return new FloatPointer(array.data().pointer()).capacity(array.length()).asBuffer();
  }

  Pointer address(INDArray array) {
    return array.data().pointer();
  }

  /** Frees the memory at once, because garbage collection would come too late. */
  void close() {
    allocated.forEach(Tensor::close);
    for (INDArray array : new INDArray[] {x, gradient, ours, theirs}) {
      array.close();
    }
  }
}
