package dev.bitfold.quantizer;

import dev.bitfold.tensor.DenseFloats;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Ways in which the same values can lie in memory. */
public enum Arrangement {
  DENSE {
    @Override
    INDArray of(INDArray x) {
      return x.dup('c');
    }
  },
  F_ORDER {
    @Override
    INDArray of(INDArray x) {
      return x.dup('f');
    }
  },
  TRANSPOSED {
    @Override
    INDArray of(INDArray x) {
      int[] reversed = new int[x.rank()];
      for (int i = 0; i < reversed.length; i++) {
        reversed[i] = reversed.length - 1 - i;
      }
      return x.permute(reversed).dup('c').permute(reversed);
    }
  },
  /** The middle of a larger array: an offset, and gaps. */
  INNER_VIEW {
    @Override
    INDArray of(INDArray x) {
      long[] shape = x.shape().clone();
      INDArrayIndex[] inside = new INDArrayIndex[shape.length];
      for (int i = 0; i < shape.length; i++) {
        inside[i] = NDArrayIndex.interval(1, 1 + shape[i]);
        shape[i] += 2;
      }
      INDArray larger = Nd4j.valueArrayOf(shape, Float.NaN, DataType.FLOAT);
      larger.put(inside, x);
      return larger.get(inside);
    }
  },
  /** Rows of a larger array: dense, with an offset. */
  OFFSET {
    @Override
    INDArray of(INDArray x) {
      long[] shape = x.shape().clone();
      shape[0] += 3;
      INDArray larger = Nd4j.valueArrayOf(shape, Float.NaN, DataType.FLOAT);
      INDArrayIndex rows = NDArrayIndex.interval(2, 2 + x.size(0));
      larger.put(new INDArrayIndex[] {rows}, x);
      return larger.get(rows);
    }
  };

  abstract INDArray of(INDArray x);

  /** The values in c order. */
  public static float[] floats(INDArray x) {
    return DenseFloats.of(x, "a tensor").copy();
  }

  /** Values with what quantizers stumble over among them. */
  public static float[] values(int length, long seed, boolean special) {
    float[] hard = {
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.MIN_VALUE,
      -1e-40f,
      -0f,
      0f,
      Float.MAX_VALUE,
      0.5f,
      -2.5f
    };
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] =
          special && random.nextInt(8) == 0
              ? hard[random.nextInt(hard.length)]
              : (float) (random.nextGaussian() * Math.exp(2 * random.nextGaussian()));
    }
    return values;
  }
}
