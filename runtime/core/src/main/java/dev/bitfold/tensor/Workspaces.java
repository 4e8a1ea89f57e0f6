package dev.bitfold.tensor;

import java.util.function.Supplier;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Keeps arrays out of the caller's workspace, for arrays that outlive a call. */
public final class Workspaces {
  private Workspaces() {}

  /** Returns the array itself if it belongs to no workspace, otherwise a copy that does not. */
  public static INDArray detached(INDArray array) {
    return array.isAttached() ? outside(() -> array.dup(array.ordering())) : array;
  }

  /** Runs an action in which new arrays belong to no workspace. */
  public static <T> T outside(Supplier<T> action) {
    MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
    try {
      return action.get();
    } finally {
      outside.close();
    }
  }
}
