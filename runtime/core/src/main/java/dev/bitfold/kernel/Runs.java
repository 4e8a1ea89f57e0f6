package dev.bitfold.kernel;

/**
 * Goes over a range of elements in runs: adjacent elements of one group or, where each column has a
 * group of its own, the columns of a row. A cursor, for one thread:
 *
 * <pre>{@code
 * for (Runs runs = groups.runs(start, length); runs.next(); ) {
 *   use(start + runs.from(), runs.length(), runs.group());
 * }
 * }</pre>
 */
public final class Runs {
  private final Groups groups;
  private final int columns;

  /** How many columns a run may have. */
  private final int most;

  private final int end;
  private int row;
  private int column;
  private int left;
  private int from;
  private int to;
  private int group;

  Runs(Groups groups, int start, int length) {
    this.groups = groups;
    this.columns = groups.columns();
    this.end = length;
    int block = groups.block();
    this.most = block == 1 ? columns : block;
    if (length > 0) {
      this.row = start / columns;
      this.column = start - row * columns;
      this.group = groups.base(row) + column / block;
      this.left = block == 1 ? columns - column : block - column % block;
    }
  }

  /** Moves to the next run; returns false behind the last one. */
  public boolean next() {
    from = to;
    if (from == end) {
      return false;
    }
    if (column == columns) {
      column = 0;
      group = groups.base(++row);
      left = most;
    } else if (left == 0) {
      group++;
      left = most;
    }
    int run = Math.min(Math.min(end - from, columns - column), left);
    column += run;
    left -= run;
    to = from + run;
    return true;
  }

  /** Returns the run's first element, counted from the first of the range. */
  public int from() {
    return from;
  }

  /** Returns the element behind the run's last, counted from the first of the range. */
  public int to() {
    return to;
  }

  /** Returns the number of elements. */
  public int length() {
    return to - from;
  }

  /** Returns the first element's group. */
  public int group() {
    return group;
  }
}
