package dev.bitfold.benchmarks.peer;

/** Names the sides of a comparison. */
public enum Side {
  /** Bitfold. */
  OURS,
  /** A copy of the input, which is the speed that memory allows. */
  MEMCPY,
  /** libtorch's own operation. */
  NATIVE,
  /** The best composition of libtorch's in-place operations. */
  COMPOSED,
  /** ND4J's own operations. */
  ND4J
}
