package dev.bitfold.annotations;

/**
 * How a block scale is chosen, where the literature has more than one way. Which rules there are
 * depends on {@link Quantize#scaleBits}; {@link #FLOOR} is always one.
 */
public enum ScaleRule {
  /**
   * E8M0: {@code floor(log2(amax)) - emax}, the rule of the OCP Microscaling specification: values
   * above the largest of the format saturate. E4M3: {@code amax / (max * global scale)} rounded to
   * E4M3 and at least 2^-9, as NVIDIA ModelOpt stores NVFP4. Float32 and integer scales: {@code max
   * / amax} for integers, {@code (1 / amax) * max} for floats, where an amax up to 2^-24 counts as
   * 1.
   */
  FLOOR,
  /**
   * E8M0 only: {@code ceil(log2(amax / max))}, the rule of NVIDIA ModelOpt: nothing saturates,
   * small values may lose a bit. Integers then fill their whole symmetric range.
   */
  CEIL,
  /**
   * As {@link #FLOOR}, but a block too small for its scale becomes zeros. E8M0: one whose amax is
   * subnormal in float32 (microxcaling's {@code flush_fp32_subnorms}). E4M3: one whose scale rounds
   * to 0 (ModelOpt's Triton kernel).
   */
  FLUSH,
  /**
   * By way of a reciprocal, an ulp from {@link #FLOOR}. E4M3: as ModelOpt's CUDA kernel computes
   * NVFP4. Float32 scales of integer blocks: {@code (1 / amax) * max}, as ModelOpt stores INT4.
   * Float32 scales of float formats: numbers are divided by the scale where {@link #FLOOR}
   * multiplies by its inverse, and an amax of zero makes zeros, as in pytorch-quantization.
   */
  RECIPROCAL
}
