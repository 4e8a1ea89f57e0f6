package dev.bitfold.cuda.blas;

import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.kernel.Lane;

/** Products by our own kernel. */
final class OwnProducts implements MatrixProducts {
  /** Rows and outputs of a block, as in products.cuh. */
  private static final int SIDE = 64;

  @Override
  public String name() {
    return "a kernel of Bitfold's";
  }

  @Override
  public Multiplier open(Lane lane) {
    return new Multiplier() {
      @Override
      public void multiply(long x, long w, long bias, long y, int rows, int inner, int outputs) {
        LaunchArguments arguments = lane.arguments().address(x).address(w).address(bias).address(y);
        arguments.integer(rows).integer(inner).integer(outputs);
        String kernel = inner % 4 == 0 ? "product_of_wide_rows" : "product_of_rows";
        int blocks = Math.multiplyExact((rows - 1) / SIDE + 1, (outputs - 1) / SIDE + 1);
        lane.stream().launch(kernel, blocks, 1, arguments);
      }

      @Override
      public void close() {
        // Nothing is held.
      }
    };
  }
}
