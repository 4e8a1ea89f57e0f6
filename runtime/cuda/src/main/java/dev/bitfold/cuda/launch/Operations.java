package dev.bitfold.cuda.launch;

/**
 * The operations on tensors that are on the device, by subject; all of one lane. What a method does
 * is only given to the lane's stream when it returns, but what a host array receives is there.
 * Tensors are not empty.
 */
public final class Operations {
  private final Rounder rounder;
  private final Maxima maxima;
  private final RowCodes rowCodes;
  private final OrderedSums sums;
  private final Histograms histograms;

  /** Creates the operations of a lane, which holds their constants too. */
  public Operations(Lane lane) {
    this(lane, lane, lane);
  }

  /**
   * Creates the operations of a lane, with constants that may be on the device already.
   *
   * @param constants for axes and factors
   * @param scaleConstants for scales, which may be others in every call
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
