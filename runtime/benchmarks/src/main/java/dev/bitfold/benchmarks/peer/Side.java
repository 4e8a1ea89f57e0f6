package dev.bitfold.benchmarks.peer;

/** Who computes. */
public enum Side {
  /** Bitfold. */
  OURS,
  /** A copy of the input: what memory allows. */
  MEMCPY,
  /** libtorch's own operation. */
  NATIVE,
  /** The best composition of libtorch's in-place operations. */
  COMPOSED,
  /** ND4J's own operations. */
  ND4J
}
