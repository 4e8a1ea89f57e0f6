package ocr;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads the text out of what the recognizer yields: the most likely character of each column,
 * without repetitions and without blanks (CTC).
 *
 * @param characters those of class 1 and up; the class behind the last is a space
 */
record Alphabet(List<String> characters) {
  static Alphabet of(Path file) throws IOException {
    return new Alphabet(Files.readAllLines(file));
  }

  /** Returns the text of one line, from the values of its columns, one after the other. */
  String text(float[] columns) {
    int classes = characters.size() + 2;
    StringBuilder text = new StringBuilder();
    int last = 0;
    for (int from = 0; from < columns.length; from += classes) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        best = columns[from + c] > columns[from + best] ? c : best;
      }
      if (best != last && best > 0) {
        text.append(best <= characters.size() ? characters.get(best - 1) : " ");
      }
      last = best;
    }
    return text.toString();
  }
}
