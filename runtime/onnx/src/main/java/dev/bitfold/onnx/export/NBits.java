package dev.bitfold.onnx.export;

import java.util.Arrays;

/**
 * Packs codes as ONNX Runtime's operators for blocks read them: unsigned, row by row, each row with
 * whole blocks and whole bytes of zero points. Immutable.
 *
 * @param codes the codes, whose blocks are along their last axis or along the first
 * @param rows the number of rows: output channels of a product, or rows of a table
 * @param columns the number of codes in a row
 * @param block the number of adjacent codes of a row that share a scale
 * @param across whether the codes are stored [columns, rows]
 */
record NBits(WeightCodes codes, int rows, int columns, int block, boolean across) {
  private static final int MIN_BLOCK = 16;
  private static final int BYTE = 8;

  /** Returns whether codes are integers of 4 or 8 bits. */
  static boolean areIntegers(WeightCodes codes) {
    return switch (codes.type()) {
      case INT4, UINT4, INT8, UINT8 -> true;
      default -> false;
    };
  }

  /** Returns whether the operators take a size of blocks: a power of two that is at least 16. */
  static boolean isBlock(int size) {
    return size >= MIN_BLOCK && Integer.bitCount(size) == 1;
  }

  /** Returns the smallest block that holds a row. */
  static int blockOf(int columns) {
    return columns <= MIN_BLOCK ? MIN_BLOCK : Integer.highestOneBit(columns - 1) << 1;
  }

  int bits() {
    return codes.type().bits();
  }

  /** Returns the number of blocks in a row. */
  int blocks() {
    return (columns + block - 1) / block;
  }

  /** Returns what is added to a code to make it unsigned. */
  private int offset() {
    return switch (codes.type()) {
      case INT4 -> 1 << 3;
      case INT8 -> 1 << 7;
      default -> 0;
    };
  }

  private int zeroPoint(int row, int index) {
    int[] zeros = codes.zeroPoints();
    return offset() + (zeros.length == 0 ? 0 : zeros[zeros.length == 1 ? 0 : at(row, index)]);
  }

  private int at(int row, int index) {
    return across ? index * rows + row : row * blocks() + index;
  }

  /**
   * Returns the codes. Rows are filled up with codes of 0.
   *
   * @param length the number of codes that a row has in the file
   */
  byte[] bytes(int length) {
    int perByte = BYTE / bits();
    int width = (length + perByte - 1) / perByte;
    byte[] bytes = new byte[Math.multiplyExact(rows, width)];
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < length; c++) {
        int code =
            c < columns
                ? offset() + codes.codes()[across ? c * rows + row : row * columns + c]
                : zeroPoint(row, c / block);
        put(bytes, row * width, c, code);
      }
    }
    return bytes;
  }

  private void put(byte[] bytes, int from, int index, int code) {
    int perByte = BYTE / bits();
    int mask = (1 << bits()) - 1;
    bytes[from + index / perByte] |= (byte) ((code & mask) << (index % perByte * bits()));
  }

  /** Returns the scales, row by row. */
  float[] scales() {
    float[] scales = new float[rows * blocks()];
    for (int row = 0; row < rows; row++) {
      for (int b = 0; b < blocks(); b++) {
        scales[row * blocks() + b] = codes.scales()[at(row, b)];
      }
    }
    return scales;
  }

  /** Returns whether all zero points are the middle of the range, as the operators assume. */
  boolean isSymmetric() {
    int middle = 1 << (bits() - 1);
    int[] zeros = codes.zeroPoints();
    return zeros.length == 0
        ? offset() == middle
        : Arrays.stream(zeros).allMatch(zero -> zero + offset() == middle);
  }

  /** Returns the number of bytes that the zero points of a row take. */
  int zeroPointWidth() {
    int perByte = BYTE / bits();
    return (blocks() + perByte - 1) / perByte;
  }

  /** Returns the zero points. Each row begins with a new byte. */
  byte[] zeroPoints() {
    byte[] bytes = new byte[Math.multiplyExact(rows, zeroPointWidth())];
    for (int row = 0; row < rows; row++) {
      for (int b = 0; b < blocks(); b++) {
        put(bytes, row * zeroPointWidth(), b, zeroPoint(row, b));
      }
    }
    return bytes;
  }
}
