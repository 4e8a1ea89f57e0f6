package dev.bitfold.reconstruction;

import java.util.Iterator;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Takes each position of an input of a linear layer as a row of its channels.
 *
 * @param fromEnd the axis of the channels, counted from the end: -1 is the last
 * @param width the number of channels
 */
record ChannelRows(int fromEnd, int width) implements InputRows {
  @Override
  public int groups() {
    return 1;
  }

  @Override
  public boolean keepsPositions() {
    return true;
  }

  @Override
  public Iterator<Block> of(INDArray x) {
    return List.of(new Block(List.of(rows(x)), 0, 1)).iterator();
  }

  @Override
  public Iterator<INDArray> outputs(INDArray y) {
    return List.of(rows(y)).iterator();
  }

  private INDArray rows(INDArray x) {
    int axis = x.rank() + fromEnd;
    INDArray last = x;
    if (axis != x.rank() - 1) {
      int[] order = new int[x.rank()];
      for (int i = 0; i < order.length; i++) {
        order[i] = i < axis ? i : i == order.length - 1 ? axis : i + 1;
      }
      last = x.permute(order);
    }
    return last.dup('c').reshape('c', -1, last.size(-1));
  }
}
