package dev.bitfold.onnx.graph;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.layers.BatchNorm;
import dev.bitfold.layers.Conv1d;
import dev.bitfold.layers.Conv1dChannelsLast;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Conv2dChannelsLast;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.RMSNorm;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Holds models that exist only in Java. */
public final class Described {
  private Described() {}

  private static INDArray relu(INDArray x) {
    return Transforms.relu(x, true);
  }

  @QuantizeModel
  public record Mlp(Linear fc1, Linear fc2) {
    public INDArray forward(INDArray x) {
      return fc2.forward(relu(fc1.forward(x)));
    }
  }

  /** A residual block, pooled. */
  @QuantizeModel
  public record Cnn(
      Conv2d stem, BatchNorm norm, Conv2d conv1, Conv2d conv2, @SkipQuantize Linear head) {
    public INDArray forward(INDArray x) {
      INDArray h = relu(norm.forward(stem.forward(x)));
      INDArray y = relu(conv2.forward(relu(conv1.forward(h))).add(h));
      return head.forward(y.mean(2, 3));
    }
  }

  /** Words, normalised, projected, averaged. */
  @QuantizeModel
  public record Words(Embedding table, @SmoothInto("fc") LayerNorm norm, Linear fc) {
    public INDArray forward(INDArray ids) {
      return Transforms.tanh(fc.forward(norm.forward(table.forward(ids))), true).mean(1);
    }
  }

  /** One layer twice, in a list. */
  @QuantizeModel
  public record Loop(java.util.List<Linear> steps) {
    public INDArray forward(INDArray x) {
      INDArray h = x;
      for (int i = 0; i < 2; i++) {
        h = Transforms.sigmoid(steps.get(0).forward(h), true);
      }
      return h;
    }
  }

  /** Sequences, with all that is left of the ready-made layers. */
  @QuantizeModel
  public record Sequences(
      Conv1d first, Conv1dChannelsLast second, RMSNorm rms, BatchNorm last, Linear fc) {
    public INDArray forward(INDArray x) {
      INDArray h = first.forward(x).permute(0, 2, 1).dup('c');
      return fc.forward(last.forward(rms.forward(second.forward(h))));
    }
  }

  @QuantizeModel
  public record Images(Conv2dChannelsLast conv) {
    public INDArray forward(INDArray x) {
      return conv.forward(x);
    }
  }
}
