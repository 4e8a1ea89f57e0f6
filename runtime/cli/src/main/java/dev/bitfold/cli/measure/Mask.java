package dev.bitfold.cli.measure;

import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Says which tokens of a batch are of a text and which pad it.
 *
 * @param rows the number of texts
 * @param columns the number of tokens of the longest text
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Mask(boolean[] kept, int rows, int columns) {
  static final String NAME = "attention_mask";

  static Optional<Mask> of(Map<String, INDArray> feed) {
    INDArray mask = feed.get(NAME);
    if (mask == null || mask.rank() != 2) {
      return Optional.empty();
    }
    int rows = (int) mask.size(0);
    int columns = (int) mask.size(1);
    boolean[] kept = new boolean[rows * columns];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = mask.getDouble(i / columns, i % columns) != 0;
    }
    return Optional.of(new Mask(kept, rows, columns));
  }

  boolean keeps(int row, int column) {
    return kept[row * columns + column];
  }

  /** Returns the number of tokens up to the last one of the text. */
  int length(int row) {
    int length = columns;
    while (length > 0 && !keeps(row, length - 1)) {
      length--;
    }
    return length;
  }
}
