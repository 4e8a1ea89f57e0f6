package dev.bitfold.cuda.layers;

/**
 * Names functions that apply to each element separately. NaN stays NaN, and an infinity gives the
 * limit. {@link #RELU} is exact. The result of every other function is the float nearest to the
 * function's value or a neighbour of it, with the same bits on every device.
 */
public enum Activation {
  /** {@code max(x, 0)}. */
  RELU,
  /** {@code 1 / (1 + e^-x)}. */
  SIGMOID,
  /** The hyperbolic tangent. */
  TANH,
  /** {@code x / (1 + e^-x)}, also called swish. */
  SILU,
  /** {@code x · Φ(x)}, with the normal distribution's Φ (Hendrycks and Gimpel, 2016). */
  GELU,
  /** {@code 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))}, which is near to {@link #GELU}. */
  GELU_TANH;

  /** Returns the kernel's name. */
  String kernel() {
    return switch (this) {
      case RELU -> "activate_relu";
      case SIGMOID -> "activate_sigmoid";
      case TANH -> "activate_tanh";
      case SILU -> "activate_silu";
      case GELU -> "activate_gelu";
      case GELU_TANH -> "activate_gelu_tanh";
    };
  }
}
