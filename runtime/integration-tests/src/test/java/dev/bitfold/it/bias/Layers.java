package dev.bitfold.it.bias;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Layers whose outputs are laid out unlike their inputs, or that hold several biases. */
final class Layers {
  private Layers() {}

  /** A 1×1 convolution and the mean over the image: NCHW in, NO out. */
  @Quantize(bits = 3, per = "O")
  @Quantize(role = Role.INPUT, bits = 4)
  static class Pooled {
    @Weight(layout = "OI")
    final INDArray weight;

    @Bias(layout = "O")
    final INDArray bias;

    Pooled(INDArray weight, INDArray bias) {
      this.weight = weight;
      this.bias = bias;
    }

    INDArray forward(@Input(layout = "NCHW") INDArray x) {
      return Nd4j.matmul(x.mean(2, 3), weight, false, true, false).addiRowVector(bias);
    }
  }

  /** NTC in, NOT out. */
  @Quantize(bits = 3, per = "O")
  @Quantize(role = Role.INPUT, bits = 4)
  static class Turning {
    @Weight(layout = "IO")
    final INDArray weight;

    @Bias(layout = "O")
    final INDArray bias;

    Turning(INDArray weight, INDArray bias) {
      this.weight = weight;
      this.bias = bias;
    }

    INDArray forward(@Input(layout = "NTC") INDArray x) {
      long n = x.size(0);
      long t = x.size(1);
      INDArray y = Nd4j.matmul(x.reshape(n * t, x.size(2)), weight).addiRowVector(bias);
      return y.reshape(n, t, weight.size(1)).permute(0, 2, 1).dup('c');
    }
  }

  /** Nothing is known of its input's axes, and its bias has an axis more than it needs. */
  @Quantize(bits = 3, per = "O")
  @Quantize(role = Role.INPUT, bits = 4)
  static class Plain {
    @Weight(layout = "OI")
    final INDArray weight;

    @Bias final INDArray bias;

    Plain(INDArray weight, INDArray bias) {
      this.weight = weight;
      this.bias = bias;
    }

    INDArray forward(@Input INDArray x) {
      return Nd4j.matmul(x, weight, false, true, false).addi(bias);
    }
  }

  /** The bias of the output is declared first, that of the hidden units last. */
  @Quantize(bits = 3, per = "O")
  @Quantize(role = Role.INPUT, bits = 4)
  static class Two {
    @Weight(layout = "IO")
    final INDArray first;

    @Bias(layout = "O")
    final INDArray ofOutput;

    @Weight(layout = "IO")
    final INDArray second;

    @Bias(layout = "O")
    final INDArray ofHidden;

    Two(INDArray first, INDArray ofOutput, INDArray second, INDArray ofHidden) {
      this.first = first;
      this.ofOutput = ofOutput;
      this.second = second;
      this.ofHidden = ofHidden;
    }

    INDArray forward(@Input(layout = "NC") INDArray x) {
      INDArray hidden = Transforms.relu(x.mmul(first).addiRowVector(ofHidden), true);
      return hidden.mmul(second).addiRowVector(ofOutput);
    }
  }

  /** Its only bias is inside. */
  @Quantize(bits = 3, per = "O")
  @Quantize(role = Role.INPUT, bits = 4)
  static class Inner {
    @Weight(layout = "IO")
    final INDArray first;

    @Bias(layout = "O")
    final INDArray bias;

    @Weight(layout = "IO")
    final INDArray second;

    Inner(INDArray first, INDArray bias, INDArray second) {
      this.first = first;
      this.bias = bias;
      this.second = second;
    }

    INDArray forward(@Input(layout = "NC") INDArray x) {
      return Transforms.relu(x.mmul(first).addiRowVector(bias), true).mmul(second);
    }
  }

  /** A ReLU follows the bias inside the layer. */
  @Quantize(bits = 3, per = "O")
  @Quantize(role = Role.INPUT, bits = 4)
  static class Activated {
    @Weight(layout = "IO")
    final INDArray weight;

    @Bias(layout = "O")
    final INDArray bias;

    Activated(INDArray weight, INDArray bias) {
      this.weight = weight;
      this.bias = bias;
    }

    INDArray forward(@Input(layout = "NC") INDArray x) {
      return Transforms.relu(x.mmul(weight).addiRowVector(bias), true);
    }
  }

  @QuantizeModel
  record PooledModel(Pooled layer) {
    INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  @QuantizeModel
  record TurningModel(Turning layer) {
    INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  @QuantizeModel
  record PlainModel(Plain layer) {
    INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  @QuantizeModel
  record TwoModel(Two layer) {
    INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  @QuantizeModel
  record InnerModel(Inner layer) {
    INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  @QuantizeModel
  record ActivatedModel(Activated layer) {
    INDArray forward(INDArray x) {
      return layer.forward(x);
    }
  }

  /** One layer that can be corrected behind one that cannot. */
  @QuantizeModel
  record Both(Inner inner, Plain plain) {
    INDArray forward(INDArray x) {
      return plain.forward(inner.forward(x));
    }
  }
}
