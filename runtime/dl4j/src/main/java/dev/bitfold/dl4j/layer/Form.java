package dev.bitfold.dl4j.layer;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How Deeplearning4j stores a parameter, beside the form that Bitfold quantizes it in: one in which
 * each output channel is an index of one axis.
 */
enum Form {
  /** In the same form. */
  SAME {
    @Override
    INDArray standard(INDArray own) {
      return own;
    }

    @Override
    INDArray own(INDArray standard, long[] shape) {
      return standard;
    }
  },
  /**
   * The kernel of a sequence. Its shape is [out, in, k, 1], but Deeplearning4j reads its memory as
   * [k, in, out].
   */
  SEQUENCE {
    @Override
    INDArray standard(INDArray own) {
      return own.dup('c').reshape('c', own.size(2), own.size(1), own.size(0)).permute(2, 1, 0);
    }

    @Override
    INDArray own(INDArray standard, long[] shape) {
      return standard.permute(2, 1, 0).dup('c').reshape('c', shape);
    }
  },
  /** A vector, perhaps as a row. */
  VECTOR {
    @Override
    INDArray standard(INDArray own) {
      return own.reshape(own.length());
    }
  },
  /** The kernels of a depthwise convolution, [kh, kw, in, multiplier]. */
  DEPTHWISE {
    @Override
    INDArray standard(INDArray own) {
      return own.permute(2, 3, 0, 1)
          .dup('c')
          .reshape('c', own.size(2) * own.size(3), 1, own.size(0), own.size(1));
    }

    @Override
    INDArray own(INDArray standard, long[] shape) {
      return standard
          .dup('c')
          .reshape('c', shape[2], shape[3], shape[0], shape[1])
          .permute(2, 3, 0, 1);
    }
  },
  /** The depthwise kernels of a separable convolution, [multiplier, in, kh, kw]. */
  SEPARABLE {
    @Override
    INDArray standard(INDArray own) {
      return own.permute(1, 0, 2, 3)
          .dup('c')
          .reshape('c', own.size(0) * own.size(1), 1, own.size(2), own.size(3));
    }

    @Override
    INDArray own(INDArray standard, long[] shape) {
      return standard
          .dup('c')
          .reshape('c', shape[1], shape[0], shape[2], shape[3])
          .permute(1, 0, 2, 3);
    }
  },
  /** A projection into the heads of an attention, [heads, channels of a head, in]. */
  HEADS {
    @Override
    INDArray standard(INDArray own) {
      return own.dup('c').reshape('c', own.size(0) * own.size(1), own.size(2));
    }
  };

  /** Returns a parameter in Bitfold's form, a view or a new array. */
  abstract INDArray standard(INDArray own);

  /**
   * Returns a parameter in Deeplearning4j's form, a view or a new array.
   *
   * @param shape of that form
   */
  INDArray own(INDArray standard, long[] shape) {
    return standard.dup('c').reshape('c', shape);
  }
}
