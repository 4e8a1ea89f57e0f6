package dev.bitfold.descriptor;

/**
 * Describes the meaning of a tensor's axes, with one letter for each.
 *
 * <table>
 *   <caption>Letters</caption>
 *   <tr><td>{@code O}, {@code I}</td><td>output and input channels of a weight</td></tr>
 *   <tr><td>{@code N}</td><td>the batch</td></tr>
 *   <tr><td>{@code T}</td><td>time, or the tokens of a sequence</td></tr>
 *   <tr><td>{@code C}</td><td>channels of an input, or of a norm's weight</td></tr>
 *   <tr><td>{@code D}, {@code H}, {@code W}</td><td>depth, height, width</td></tr>
 *   <tr><td>{@code …}</td><td>at the front: any number of leading axes (or {@code ...})</td></tr>
 * </table>
 *
 * @param letters the letters, with {@code …} at the front of an open layout
 */
public record Layout(String letters) {
  private static final String KNOWN = "OINTCDHW";
  private static final char OPEN = '…';

  /** The layout of a tensor whose axes are not known. */
  public static final Layout UNKNOWN = new Layout("");

  /**
   * Checks the letters.
   *
   * @throws IllegalArgumentException if a letter is unknown or occurs twice, or if {@code …} is not
   *     at the front; the message names the letter
   */
  public Layout {
    letters = letters.replace("...", "…");
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      if (letter == OPEN && i == 0 && letters.length() > 1) {
        continue;
      }
      if (KNOWN.indexOf(letter) < 0) {
        throw new IllegalArgumentException(
            "layout \""
                + letters
                + "\": '"
                + letter
                + (letter == OPEN
                    ? "' can stand only in front of other letters"
                    : "' is not an axis letter; the letters are O, I, N, T, C, D, H and W"));
      }
      if (letters.indexOf(letter) != i) {
        throw new IllegalArgumentException(
            "layout \"" + letters + "\": " + letter + " occurs twice");
      }
    }
  }

  /** Returns whether the axes are not known. */
  public boolean isUnknown() {
    return letters.isEmpty();
  }

  /** Returns whether any number of axes without a name may lead. */
  public boolean isOpen() {
    return !letters.isEmpty() && letters.charAt(0) == OPEN;
  }

  /** Returns the number of named axes: the rank, or the smallest rank of an open layout. */
  public int namedAxes() {
    return isOpen() ? letters.length() - 1 : letters.length();
  }

  /** Returns whether a tensor of this rank fits. */
  public boolean fits(int rank) {
    return isUnknown() || (isOpen() ? rank >= namedAxes() : rank == namedAxes());
  }

  /** Returns whether the letter names one of the axes. */
  public boolean has(char letter) {
    return letter != OPEN && letters.indexOf(letter) >= 0;
  }

  /**
   * Returns the axis of a letter, counted from the end: -1 is the last axis. Returns 0 if the
   * layout has no such letter.
   */
  public int fromEnd(char letter) {
    return has(letter) ? letters.indexOf(letter) - letters.length() : 0;
  }

  /**
   * Returns the axis of a letter in a tensor of the given rank, counted from 0.
   *
   * @throws IllegalArgumentException if the layout has no such letter or the rank does not fit
   */
  public int axis(char letter, int rank) {
    if (!has(letter)) {
      throw new IllegalArgumentException("layout " + this + " has no axis " + letter);
    }
    if (!fits(rank)) {
      throw new IllegalArgumentException(
          "a tensor of rank " + rank + " does not fit layout " + this);
    }
    return rank + fromEnd(letter);
  }

  /** Returns the letters, or {@code unknown}. */
  @Override
  public String toString() {
    return isUnknown() ? "unknown" : letters;
  }
}
