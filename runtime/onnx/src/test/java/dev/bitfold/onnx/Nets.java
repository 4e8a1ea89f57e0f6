package dev.bitfold.onnx;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.layers.Conv1d;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Models of ready-made layers. */
public final class Nets {
  private Nets() {}

  @QuantizeModel
  public record One(Linear fc) {
    public INDArray forward(INDArray x) {
      return fc.forward(x);
    }
  }

  @QuantizeModel
  public record Two(Linear a, Linear b) {
    public INDArray forward(INDArray x) {
      return b.forward(a.forward(x));
    }
  }

  @QuantizeModel
  public record Convs(Conv2d a, Conv2d b) {
    public INDArray forward(INDArray x) {
      return b.forward(Transforms.relu(a.forward(x), true));
    }
  }

  /** One layer, called for each half of the columns. */
  @QuantizeModel
  public record Twin(Linear fc) {
    public INDArray forward(INDArray x) {
      long half = x.size(1) / 2;
      INDArray left = x.get(NDArrayIndex.all(), NDArrayIndex.interval(0, half)).dup();
      INDArray right = x.get(NDArrayIndex.all(), NDArrayIndex.interval(half, 2 * half)).dup();
      return fc.forward(left).sub(fc.forward(right));
    }
  }

  /** What is added behind the layer is no part of it. */
  @QuantizeModel
  public record Shifted(Projection proj, INDArray shift) {
    public INDArray forward(INDArray x) {
      return proj.forward(x).addRowVector(shift);
    }
  }

  /** Channels of a float layer are dealt out anew before the quantized one. */
  @QuantizeModel
  public record Shuffled(@SkipQuantize Linear a, Linear b, int groups) {
    public INDArray forward(INDArray x) {
      INDArray h = a.forward(x);
      long n = h.size(0);
      long c = h.size(1);
      return b.forward(h.reshape(n, groups, c / groups).permute(0, 2, 1).dup('c').reshape(n, c));
    }
  }

  @QuantizeModel
  public record Norms(
      @SmoothInto("fc1") LayerNorm norm1,
      Linear fc1,
      @SmoothInto("fc2") LayerNorm norm2,
      Linear fc2) {
    public INDArray forward(INDArray x) {
      return fc2.forward(norm2.forward(fc1.forward(norm1.forward(x))));
    }
  }

  @QuantizeModel
  public record Sequence(Conv1d conv) {
    public INDArray forward(INDArray x) {
      return conv.forward(x);
    }
  }

  @QuantizeModel
  public record Words(Embedding table, Linear fc) {
    public INDArray forward(INDArray ids) {
      return fc.forward(table.forward(ids));
    }
  }
}
