package dev.bitfold.cuda.blas;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.Lane;

/** Multiplies matrices by Bitfold's own kernel. */
final class OwnProducts implements MatrixProducts {
  /** The number of rows and outputs of a block, as in products.cuh. */
  private static final int SIDE = 64;

  /** The number of codes in a word. */
  private static final int WORD = 4;

  @Override
  public String name() {
    return "a kernel of Bitfold's";
  }

  @Override
  public Multiplier open(Lane lane) {
    return new Multiplier() {
      @Override
      public void multiply(
          DevicePointer x,
          DevicePointer w,
          DevicePointer bias,
          DevicePointer y,
          int rows,
          int inner,
          int outputs) {
        LaunchArguments arguments = lane.arguments().pointer(x).pointer(w).pointer(bias).pointer(y);
        arguments.integer(rows).integer(inner).integer(outputs);
        String kernel = inner % 4 == 0 ? "product_of_wide_rows" : "product_of_rows";
        lane.stream().launch(kernel, blocks(rows, outputs), 1, arguments);
      }

      @Override
      public void multiply(
          Codes x, Codes w, DevicePointer bias, DevicePointer y, int rows, int inner, int outputs) {
        multiplyCodes(lane, x, w, bias, y, rows, inner, outputs);
      }

      @Override
      public void close() {
        // Nothing is held.
      }
    };
  }

  /**
   * Multiplies as {@link Multiplier#multiply(Codes, Codes, DevicePointer, DevicePointer, int, int,
   * int)} does, by Bitfold's own kernel.
   */
  static void multiplyCodes(
      Lane lane,
      Codes x,
      Codes w,
      DevicePointer bias,
      DevicePointer y,
      int rows,
      int inner,
      int outputs) {
    LaunchArguments arguments = lane.arguments().pointer(x.codes()).pointer(w.codes());
    arguments.pointer(x.scales()).pointer(w.scales()).pointer(bias).pointer(y);
    arguments.integer(rows).integer(inner / WORD).integer(outputs);
    String kernel = inner % (4 * WORD) == 0 ? "product_of_wide_codes" : "product_of_codes";
    lane.stream().launch(kernel, blocks(rows, outputs), 1, arguments);
  }

  private static int blocks(int rows, int outputs) {
    return Math.multiplyExact((rows - 1) / SIDE + 1, (outputs - 1) / SIDE + 1);
  }
}
