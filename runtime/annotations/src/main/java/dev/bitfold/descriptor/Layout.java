package dev.bitfold.descriptor;

/**
 * The meaning of a tensor's axes, one letter each.
 *
 * <table>
 *   <caption>Letters</caption>
 *   <tr><td>{@code O}, {@code I}</td><td>output and input channels of a weight</td></tr>
 *   <tr><td>{@code N}</td><td>the batch</td></tr>
 *   <tr><td>{@code T}</td><td>time, or the tokens of a sequence</td></tr>
 *   <tr><td>{@code C}</td><td>channels of an input, or of a norm's weight</td></tr>
 *   <tr><td>{@code D}, {@code H}, {@code W}</td><td>depth, height, width</td></tr>
 *   <tr><td>{@code …}</td><td>at the front: any number of leading axes ({@code ...} will do)</td></tr>
 * </table>
 *
 * @param letters the letters, with {@code …} at the front of an open layout
 */
public record Layout(String letters) {
  private static final String KNOWN = "OINTCDHW";
  private static final char OPEN = '…';

  /** A tensor of which nothing is known. */
  public static final Layout UNKNOWN = new Layout("");

  /**
   * @throws IllegalArgumentException if a letter is unknown or stands twice, or if {@code …} is not
   *     at the front; the message says which
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
                    ? "' can only stand at the front of other letters"
                    : "' is no axis; known are O, I, N, T, C, D, H, W"));
      }
      if (letters.indexOf(letter) != i) {
        throw new IllegalArgumentException(
            "layout \"" + letters + "\": " + letter + " stands twice");
      }
    }
  }

  /** Whether nothing is known. */
  public boolean isUnknown() {
    return letters.isEmpty();
  }

  /** Whether any number of unnamed axes may lead. */
  public boolean isOpen() {
    return !letters.isEmpty() && letters.charAt(0) == OPEN;
  }

  /** The number of named axes: the rank, or of an open layout the smallest rank. */
  public int namedAxes() {
    return isOpen() ? letters.length() - 1 : letters.length();
  }

  /** Whether a tensor of this rank fits. */
  public boolean fits(int rank) {
    return isUnknown() || (isOpen() ? rank >= namedAxes() : rank == namedAxes());
  }

  /** Whether the letter is one of the named axes. */
  public boolean has(char letter) {
    return letter != OPEN && letters.indexOf(letter) >= 0;
  }

  /**
   * The axis of a letter counted from the end: -1 is the last; 0 if the layout has no such letter.
   */
  public int fromEnd(char letter) {
    return has(letter) ? letters.indexOf(letter) - letters.length() : 0;
  }

  /**
   * The axis of a letter in a tensor of the given rank, from 0.
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

  /** The letters. */
  @Override
  public String toString() {
    return isUnknown() ? "unknown" : letters;
  }
}
