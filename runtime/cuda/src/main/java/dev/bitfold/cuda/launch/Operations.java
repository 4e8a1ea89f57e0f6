package dev.bitfold.cuda.launch;

/**
 * Offers the operations on tensors on the device, by subject, in one lane. When a method returns,
 * its work on the device may still be queued in the lane's stream. Results in arrays of the host
 * are complete. Tensors must not be empty.
 */
public final class Operations {
  private final Rounder rounder;
  private final Maxima maxima;
  private final RowCodes rowCodes;
  private final OrderedSums sums;
  private final Histograms histograms;

  /** Makes the operations of a lane, which also holds their constants. */
  public Operations(Lane lane) {
    this(lane, lane, lane);
  }

  /**
   * Makes the operations of a lane, with constants that may already be on the device.
   *
   * @param constants the constants for axes and factors
   * @param scaleConstants the constants for scales, which may differ in every call
   */
  public Operations(Lane lane, Constants constants, Constants scaleConstants) {
    Launcher launcher = new Launcher(lane, constants, scaleConstants);
    this.maxima = new Maxima(launcher);
    this.rounder = new Rounder(launcher, maxima);
    this.rowCodes = new RowCodes(launcher, maxima);
    this.sums = new OrderedSums(launcher);
    this.histograms = new Histograms(launcher);
  }

  /** Returns the operations that give a value for each element. */
  public Rounder rounder() {
    return rounder;
  }

  /** Returns the operations that give the maximum of each group. */
  public Maxima maxima() {
    return maxima;
  }

  /** Returns the operations that give codes of one byte. */
  public RowCodes rowCodes() {
    return rowCodes;
  }

  /** Returns the operations that sum over each group in a fixed order. */
  public OrderedSums sums() {
    return sums;
  }

  /** Returns the operations that count. */
  public Histograms histograms() {
    return histograms;
  }
}
