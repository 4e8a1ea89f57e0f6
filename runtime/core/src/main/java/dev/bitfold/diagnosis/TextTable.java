package dev.bitfold.diagnosis;

import java.util.List;

/** Lays out texts in columns. */
public final class TextTable {
  private TextTable() {}

  /**
   * Returns a line for each row. Each column is as wide as its widest cell.
   *
   * @param cells rows of equal length, at least one
   */
  public static String of(List<List<String>> cells) {
    int columns = cells.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : cells) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : cells) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        line.append(row.get(c)).append(" ".repeat(widths[c] - row.get(c).length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
