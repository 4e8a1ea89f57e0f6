package dev.bitfold.onnx;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A convolution without padding, written as its definition says. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8, affine = true)
@SmoothQuant(alpha = 0.5)
public class Conv {
  @Weight(layout = "OIHW")
  private final INDArray weight;

  public Conv(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray forward(@Input(layout = "NCHW") INDArray x) {
    int k = (int) weight.size(2);
    int h = (int) x.size(2) - k + 1;
    int w = (int) x.size(3) - k + 1;
    INDArray y = Nd4j.create(x.size(0), weight.size(0), h, w);
    for (int n = 0; n < x.size(0); n++) {
      for (int o = 0; o < weight.size(0); o++) {
        for (int i = 0; i < h; i++) {
          for (int j = 0; j < w; j++) {
            double sum = 0;
            for (int c = 0; c < x.size(1); c++) {
              for (int a = 0; a < k; a++) {
                for (int b = 0; b < k; b++) {
                  sum += x.getDouble(n, c, i + a, j + b) * weight.getDouble(o, c, a, b);
                }
              }
            }
            y.putScalar(new int[] {n, o, i, j}, sum);
          }
        }
      }
    }
    return y;
  }
}
