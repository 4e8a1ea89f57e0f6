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
 * The input, of {@code n} standard normal values, and memory for results. All sides read and write
 * the same memory: libtorch's tensors are views of ND4J's arrays, which are dense.
 */
final class Tensors {
  /** Columns of the matrix that per-channel kernels see. */
  static final int COLUMNS = 1024;

  final int n;

  /** The input and a second one, of [n / COLUMNS, COLUMNS]. */
  final INDArray x;

  final INDArray gradient;

  /** Where our results go. */
  final INDArray ours;

  /** Where a peer's results go. */
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

  /** libtorch's view of an array. */
  static Tensor view(INDArray array, long... shape) {
    return torch.from_blob(array.data().pointer(), shape, options(ScalarType.Float));
  }

  /** New memory of libtorch's, freed with this. */
  Tensor empty(ScalarType type, long... shape) {
    Tensor tensor = torch.empty(shape, options(type), null);
    allocated.add(tensor);
    return tensor;
  }

  private static TensorOptions options(ScalarType type) {
    return new TensorOptions(type);
  }

  /** The memory of an array, as our kernels take it. */
  static FloatBuffer buffer(INDArray array) {
    return new FloatPointer(array.data().pointer()).capacity(array.length()).asBuffer();
  }

  Pointer address(INDArray array) {
    return array.data().pointer();
  }

  /** Frees the memory at once, where a collection of garbage would come too late. */
  void close() {
    allocated.forEach(Tensor::close);
    for (INDArray array : new INDArray[] {x, gradient, ours, theirs}) {
      array.close();
    }
  }
}
