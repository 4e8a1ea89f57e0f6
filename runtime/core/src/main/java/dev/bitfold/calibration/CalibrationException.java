package dev.bitfold.calibration;

import dev.bitfold.descriptor.BitfoldException;
import java.io.Serial;

/**
 * Calibration data or a model that it ran through is not usable; the message says which and why.
 */
public final class CalibrationException extends BitfoldException {
  @Serial private static final long serialVersionUID = 1L;

  /** Makes an exception with a message that names what is wrong. */
  public CalibrationException(String message) {
    super(message);
  }

  /** Makes an exception with its cause. */
  public CalibrationException(String message, Throwable cause) {
    super(message, cause);
  }
}
