package dev.bitfold.annotations;

/**
 * Names the ways to choose a block scale, where the literature has more than one. The available
 * rules depend on {@link Quantize#scaleBits}; {@link #FLOOR} is always available.
 */
public enum ScaleRule {
  /**
   * E8M0: {@code floor(log2(amax)) - emax}, the rule of the OCP Microscaling specification. Values
   * above the largest one of the format saturate. E4M3: {@code amax / (max * global scale)} rounded
   * to E4M3 and at least 2^-9, as NVIDIA ModelOpt stores NVFP4. Float32 and integer scales: {@code
   * max / amax} for integers, {@code (1 / amax) * max} for floats, where an amax up to 2^-24 counts
   * as 1.
   */
  FLOOR,
  /**
   * E8M0 only: {@code ceil(log2(amax / max))}, the rule of NVIDIA ModelOpt. Nothing saturates, but
   * small values may lose a bit. Integers then use their whole symmetric range.
   */
  CEIL,
  /**
   * The same as {@link #FLOOR}, but a block that is too small for its scale becomes zeros. E8M0: a
   * block whose amax is subnormal in float32 (microxcaling's {@code flush_fp32_subnorms}). E4M3: a
   * block whose scale rounds to 0 (ModelOpt's Triton kernel).
   */
  FLUSH,
  /**
   * Through a reciprocal, an ulp from {@link #FLOOR}. E4M3: as ModelOpt's CUDA kernel computes
   * NVFP4. Float32 scales of integer blocks: {@code (1 / amax) * max}, as ModelOpt stores INT4.
   * Float32 scales of float formats: numbers are divided by the scale, and {@link #FLOOR}
   * multiplies by its inverse; an amax of zero makes zeros, as in pytorch-quantization.
   */
  RECIPROCAL
}
