package dev.bitfold.it.fold;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.layers.LayerNorm;
import dev.bitfold.it.layers.Linear;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Holds small models, one for each way in which outputs are consumed. */
final class Models {
  private Models() {}

  /** One reader. */
  @QuantizeModel
  record Folded(@SmoothInto("fc") LayerNorm norm, Linear fc) {
    INDArray forward(INDArray x) {
      return fc.forward(norm == null ? x : norm.forward(x));
    }
  }

  /** The same without the annotation. */
  @QuantizeModel
  record Online(LayerNorm norm, Linear fc) {
    INDArray forward(INDArray x) {
      return fc.forward(norm.forward(x));
    }
  }

  /** Two norms, which may be one and the same. */
  @QuantizeModel
  record Twice(
      @SmoothInto("fc1") LayerNorm norm1,
      Linear fc1,
      @SmoothInto("fc2") LayerNorm norm2,
      Linear fc2) {
    INDArray forward(INDArray x) {
      return fc2.forward(norm2.forward(fc1.forward(norm1.forward(x))));
    }
  }

  /** A path that only a list of three can hold. */
  @QuantizeModel
  record Third(@SmoothInto({"fcs.0", "fcs.2"}) LayerNorm norm, List<Linear> fcs) {
    INDArray forward(INDArray x) {
      INDArray h = norm.forward(x);
      return fcs.get(0).forward(h).add(fcs.get(1).forward(h));
    }
  }

  /** Two names for what may be the same layers. */
  @QuantizeModel
  record TwoLists(
      @SmoothInto("a.*") LayerNorm norm1,
      @SmoothInto("b.*") LayerNorm norm2,
      List<Linear> a,
      List<Linear> b) {
    INDArray forward(INDArray x) {
      return a.get(0).forward(norm1.forward(x)).add(b.get(0).forward(norm2.forward(x)));
    }
  }

  /** A norm whose output is quantized, and a reader that is not smoothed by itself. */
  @QuantizeModel
  record Mixed(@SmoothInto({"fc", "gate"}) ScaledNorm norm, Linear fc, Gate gate) {
    INDArray forward(INDArray x) {
      INDArray h = norm.forward(x);
      return fc.forward(h).mul(gate.forward(h));
    }
  }

  /** A gain for each channel, with a quantized output. */
  @Quantize(role = Role.OUTPUT, bits = 8)
  static class ScaledNorm {
    @Weight(layout = "C")
    private final INDArray gain;

    ScaledNorm(INDArray gain) {
      this.gain = gain;
    }

    INDArray gain() {
      return gain;
    }

    public INDArray forward(@Input(layout = "NC") INDArray x) {
      return x.mulRowVector(gain);
    }
  }

  /** Float, and without hooks. */
  record Gate(@Weight(layout = "IO") INDArray weight) {
    INDArray forward(INDArray x) {
      return Nd4j.matmul(x, weight);
    }
  }
}
