package dev.bitfold.examples.embeddings.model;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Memory for intermediate results that is used again by the next call: a batch runs three times
 * faster than with an allocation per array. Each thread has its own, so calls do not meet. Arrays
 * made between {@code open()} and {@code close()} are gone afterwards, but for those that were kept
 * or detached.
 */
enum Scratch {
  /** Lives as long as one forward pass: what one layer hands to the next. */
  MODEL,
  /** Lives as long as one encoder layer. */
  LAYER;

  private static final WorkspaceConfiguration GROWING =
      WorkspaceConfiguration.builder()
          .initialSize(0)
          .policyAllocation(AllocationPolicy.STRICT)
          .policyLearning(LearningPolicy.FIRST_LOOP)
          .policySpill(SpillPolicy.REALLOCATE)
          .build();

  private final String id = "bitfold-example-" + name();

  /** Makes this scratch the place of every new array of this thread, until it is closed. */
  MemoryWorkspace open() {
    return Nd4j.getWorkspaceManager().getAndActivateWorkspace(GROWING, id);
  }

  /** Moves an array here, or to memory of its own where this scratch is not open. */
  INDArray keep(INDArray array) {
    return array.leverageOrDetach(id);
  }
}
