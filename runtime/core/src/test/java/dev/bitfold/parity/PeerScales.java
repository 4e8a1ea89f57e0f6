package dev.bitfold.parity;

import dev.bitfold.smoothquant.SmoothScales;
import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The smoothing scales of the peers, with what they do to channels that are asleep in calibration.
 * {@link SmoothScales#of} computes the same for all other channels.
 */
public final class PeerScales {
  private static final float NEVER_ACTIVE = 0x1p-31f;

  private PeerScales() {}

  /**
   * ModelOpt's: {@code p = weight^(1 - alpha) / act^alpha} within [1e-4, 1e4]. Only if some {@code
   * p} is at most 2^-31, channels that were never active have 1, and otherwise 1e4. Source: {@code
   * apply_pre_quant_scale_and_smooth} in model_calib.py.
   */
  public static SmoothScales modelOpt(INDArray actAmax, INDArray weightAmax, double alpha) {
    float[] act = DenseFloats.of(actAmax, "an amax").copy();
    float[] w = DenseFloats.of(weightAmax, "an amax").copy();
    float[] p = new float[act.length];
    float smallest = Float.POSITIVE_INFINITY;
    for (int c = 0; c < p.length; c++) {
      float scale = power(w[c], 1 - alpha) / power(act[c], alpha);
      p[c] = Float.isNaN(scale) ? 1 : scale;
      smallest = Math.min(smallest, p[c]);
    }
    for (int c = 0; c < p.length; c++) {
      if (smallest <= NEVER_ACTIVE && act[c] <= NEVER_ACTIVE) {
        p[c] = 1;
      }
      p[c] = Math.min(Math.max(p[c], 1e-4f), 1e4f);
    }
    return SmoothScales.ofPreQuantScale(p);
  }

  /**
   * The paper's: {@code s = max(act^alpha / max(weight, 1e-5)^(1 - alpha), 1e-5)}, which weights
   * are multiplied by; 1e-5 for a channel that was never active. Source: {@code smooth_ln_fcs} in
   * smooth.py of mit-han-lab/smoothquant.
   */
  public static SmoothScales paper(INDArray actAmax, INDArray weightAmax, double alpha) {
    float[] act = DenseFloats.of(actAmax, "an amax").copy();
    float[] w = DenseFloats.of(weightAmax, "an amax").copy();
    float[] p = new float[act.length];
    for (int c = 0; c < p.length; c++) {
      float scale = power(act[c], alpha) / power(Math.max(w[c], 1e-5f), 1 - alpha);
      p[c] = 1 / Math.max(scale, 1e-5f);
    }
    return SmoothScales.ofPreQuantScale(p);
  }

  private static float power(float base, double exponent) {
    return (float) Math.pow(base, exponent);
  }
}
