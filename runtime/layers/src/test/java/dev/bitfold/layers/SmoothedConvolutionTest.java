package dev.bitfold.layers;

import static dev.bitfold.layers.Tensors.assertClose;
import static dev.bitfold.layers.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.layers.model.Conv1dLastNet;
import dev.bitfold.layers.model.Conv1dLastNetQuantizer;
import dev.bitfold.layers.model.Conv1dNet;
import dev.bitfold.layers.model.Conv1dNetQuantizer;
import dev.bitfold.layers.model.Conv2dLastNet;
import dev.bitfold.layers.model.Conv2dLastNetQuantizer;
import dev.bitfold.layers.model.Conv2dNet;
import dev.bitfold.layers.model.Conv2dNetQuantizer;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Compares quantized convolutions, static and smoothed, with plain loops that share no code with
 * them: statistics per channel, scales, rounding and the convolution itself.
 */
@Tag("slow")
@Tag("any-jdk")
class SmoothedConvolutionTest {
  private static final String CASES =
      """
      in, out, groups
      4, 6, 1
      4, 6, 2
      6, 9, 3
      4, 4, 4
      3, 6, 3
      """;
  private static final int OUTLIER = 1;
  private static final float FACTOR = 50;
  private static final Window WINDOW = new Window(2, 1, 1);

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void imagesAreQuantizedAsThePlainLoopsSay(int in, int out, int groups) {
    INDArray w = smallWhereInputIsLarge(in, out, groups);
    INDArray b = random(new Random(4), DataType.FLOAT, out);
    INDArray x = outliers(in, 7, 6);
    INDArray last = x.permute(0, 2, 3, 1).dup('c');
    Conv2d conv = new Conv2d(w, b, WINDOW, WINDOW, groups);
    Conv2dChannelsLast convLast = new Conv2dChannelsLast(w, b, WINDOW, WINDOW, groups);
    Calibration<Conv2dNet> first =
        Conv2dNetQuantizer.of(new Conv2dNet(conv)).calibrate(List.of(x), Conv2dNet::forward);
    Calibration<Conv2dLastNet> second =
        Conv2dLastNetQuantizer.of(new Conv2dLastNet(convLast))
            .calibrate(List.of(last), Conv2dLastNet::forward);
    double plain = Double.NaN;
    double smooth = Double.NaN;
    INDArray floats = conv.forward(x);
    for (double alpha : new double[] {Double.NaN, 0.5, 0.8}) {
      INDArray expected = new Loops(w, b, groups, 3, 3).quantized(x, alpha);
      INDArray actual = smoothed(first, alpha).freeze().model().forward(x);
      assertClose(expected, actual, 1e-4, "NCHW, alpha " + alpha);
      INDArray actualLast = smoothed(second, alpha).freeze().model().forward(last);
      assertClose(expected.permute(0, 2, 3, 1), actualLast, 1e-4, "NHWC, alpha " + alpha);
      double error = floats.distance2(expected) / floats.norm2Number().doubleValue();
      plain = Double.isNaN(alpha) ? error : plain;
      smooth = alpha == 0.5 ? error : smooth;
    }
    assertTrue(smooth < 0.5 * plain, "smoothing helps here: " + smooth + " against " + plain);
  }

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void sequencesAreQuantizedAsThePlainLoopsSay(int in, int out, int groups) {
    INDArray w = random(new Random(5), DataType.FLOAT, out, in / groups, 3);
    INDArray b = random(new Random(6), DataType.FLOAT, out);
    INDArray x = outliers(in, 1, 9);
    INDArray flat = x.reshape(x.size(0), in, 9);
    INDArray last = flat.permute(0, 2, 1).dup('c');
    Conv1d conv = new Conv1d(w, b, WINDOW, groups);
    Conv1dChannelsLast convLast = new Conv1dChannelsLast(w, b, WINDOW, groups);
    Calibration<Conv1dNet> first =
        Conv1dNetQuantizer.of(new Conv1dNet(conv)).calibrate(List.of(flat), Conv1dNet::forward);
    Calibration<Conv1dLastNet> second =
        Conv1dLastNetQuantizer.of(new Conv1dLastNet(convLast))
            .calibrate(List.of(last), Conv1dLastNet::forward);
    for (double alpha : new double[] {Double.NaN, 0.5, 0.8}) {
      INDArray image = new Loops(w, b, groups, 1, 3).quantized(x, alpha);
      INDArray expected = image.reshape(image.size(0), image.size(1), image.size(3));
      INDArray actual = smoothed(first, alpha).freeze().model().forward(flat);
      assertClose(expected, actual, 1e-4, "NCT, alpha " + alpha);
      INDArray actualLast = smoothed(second, alpha).freeze().model().forward(last);
      assertClose(expected.permute(0, 2, 1), actualLast, 1e-4, "NTC, alpha " + alpha);
    }
  }

  /** As in real networks, the weights that read an outlier channel are small. */
  private static INDArray smallWhereInputIsLarge(int in, int out, int groups) {
    INDArray w = random(new Random(3), DataType.FLOAT, out, in / groups, 3, 3);
    int group = OUTLIER / (in / groups);
    for (int o = group * (out / groups); o < (group + 1) * (out / groups); o++) {
      w.get(NDArrayIndex.point(o), NDArrayIndex.point(OUTLIER % (in / groups))).divi(FACTOR);
    }
    return w;
  }

  private static <M> Calibration<M> smoothed(Calibration<M> calibration, double alpha) {
    return Double.isNaN(alpha)
        ? calibration
        : calibration.smoothQuant(SmoothQuantOptions.alpha(alpha));
  }

  /** Each channel on a scale of its own, so that a mixed-up axis shows. */
  private static INDArray outliers(int channels, int height, int width) {
    INDArray x = random(new Random(8), DataType.FLOAT, 4, channels, height, width);
    float[] factors = new float[channels];
    for (int c = 0; c < channels; c++) {
      factors[c] = c == OUTLIER ? FACTOR : 1 + 0.3f * c;
    }
    return x.mul(Nd4j.createFromArray(factors).reshape(1, channels, 1, 1));
  }

  /** SmoothQuant and int8, element by element; of images [n, in, h, w]. */
  private record Loops(INDArray weight, INDArray bias, int groups, int kh, int kw) {
    INDArray quantized(INDArray x, double alpha) {
      int in = (int) x.size(1);
      int out = (int) weight.size(0);
      int own = in / groups;
      int outs = out / groups;
      float[][][] w = new float[out][own][kh * kw];
      float[] flat = weight.dup('c').data().asFloat();
      for (int i = 0; i < flat.length; i++) {
        w[i / (own * kh * kw)][i / (kh * kw) % own][i % (kh * kw)] = flat[i];
      }
      float[] scale = new float[in];
      for (int c = 0; c < in; c++) {
        scale[c] = Double.isNaN(alpha) ? 1 : scale(x, w, c, alpha);
      }
      for (int o = 0; o < out; o++) {
        float amax = 0;
        for (int i = 0; i < own; i++) {
          for (int k = 0; k < kh * kw; k++) {
            w[o][i][k] *= 1 / scale[o / outs * own + i];
            amax = Math.max(amax, Math.abs(w[o][i][k]));
          }
        }
        for (int i = 0; i < own; i++) {
          for (int k = 0; k < kh * kw; k++) {
            w[o][i][k] = int8(w[o][i][k], amax);
          }
        }
      }
      return convolved(x, w, scale);
    }

    private float scale(INDArray x, float[][][] w, int c, double alpha) {
      int own = (int) weight.size(1);
      int outs = (int) weight.size(0) / groups;
      float weightAmax = 0;
      for (int o = c / own * outs; o < (c / own + 1) * outs; o++) {
        for (float value : w[o][c % own]) {
          weightAmax = Math.max(weightAmax, Math.abs(value));
        }
      }
      float inputAmax = 0;
      for (int n = 0; n < x.size(0); n++) {
        for (int i = 0; i < x.size(2); i++) {
          for (int j = 0; j < x.size(3); j++) {
            inputAmax = Math.max(inputAmax, Math.abs(x.getFloat(n, c, i, j)));
          }
        }
      }
      return (float) (Math.pow(weightAmax, 1 - alpha) / Math.pow(inputAmax, alpha));
    }

    private INDArray convolved(INDArray x, float[][][] w, float[] scale) {
      int height = (int) x.size(2);
      int width = (int) x.size(3);
      int in = (int) x.size(1);
      INDArray q = x.dup();
      float amax = 0;
      for (long i = 0; i < x.length(); i++) {
        int c = (int) (i / height / width % in);
        q.putScalar(i, x.getFloat(i) * scale[c]);
        amax = Math.max(amax, Math.abs(q.getFloat(i)));
      }
      for (long i = 0; i < x.length(); i++) {
        q.putScalar(i, int8(q.getFloat(i), amax));
      }
      int own = in / groups;
      int outs = w.length / groups;
      int padTop = kh == 1 ? 0 : 1;
      int rows = kh == 1 ? 1 : (height + 2 - kh) / 2 + 1;
      int columns = (width + 2 - kw) / 2 + 1;
      INDArray y = Nd4j.zeros(DataType.FLOAT, x.size(0), w.length, rows, columns);
      for (int n = 0; n < x.size(0); n++) {
        for (int o = 0; o < w.length; o++) {
          for (int r = 0; r < rows; r++) {
            for (int s = 0; s < columns; s++) {
              double sum = bias.getDouble(o);
              for (int i = 0; i < own; i++) {
                for (int k = 0; k < kh * kw; k++) {
                  int a = r * 2 - padTop + k / kw;
                  int b = s * 2 - 1 + k % kw;
                  if (a >= 0 && a < height && b >= 0 && b < width) {
                    sum += (double) w[o][i][k] * q.getFloat(n, o / outs * own + i, a, b);
                  }
                }
              }
              y.putScalar(new int[] {n, o, r, s}, sum);
            }
          }
        }
      }
      return y;
    }

    private static float int8(float x, float amax) {
      if (amax == 0) {
        return 0;
      }
      float scale = 127 / amax;
      return (float) Math.max(-128, Math.min(127, Math.rint(x * scale))) / scale;
    }
  }
}
