package dev.bitfold.onnx.model.budget;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;

/**
 * The smallest cut of a network between a source and a sink (Dinic 1970). Capacities are doubles: a
 * rest below {@link #NOTHING} counts as none. For one thread.
 */
final class SmallestCut {
  private static final double NOTHING = 1e-13;

  private final int source;
  private final int sink;
  private final int[] first;
  private int[] next;
  private int[] to;
  private double[] rest;
  private int edges;

  /**
   * Makes a network without edges.
   *
   * @param vertices how many there are; the last two are source and sink
   */
  SmallestCut(int vertices) {
    this.source = vertices - 2;
    this.sink = vertices - 1;
    this.first = new int[vertices];
    Arrays.fill(first, -1);
    this.next = new int[4 * vertices];
    this.to = new int[4 * vertices];
    this.rest = new double[4 * vertices];
  }

  void fromSource(int vertex, double capacity) {
    edge(source, vertex, capacity);
  }

  void toSink(int vertex, double capacity) {
    edge(vertex, sink, capacity);
  }

  void edge(int from, int target, double capacity) {
    half(from, target, capacity);
    half(target, from, 0);
  }

  private void half(int from, int target, double capacity) {
    if (edges == to.length) {
      next = Arrays.copyOf(next, 2 * edges);
      to = Arrays.copyOf(to, 2 * edges);
      rest = Arrays.copyOf(rest, 2 * edges);
    }
    to[edges] = target;
    rest[edges] = capacity;
    next[edges] = first[from];
    first[from] = edges++;
  }

  /** Returns the vertices on the source's side, of which there are as few as can be. */
  BitSet sourceSide() {
    int[] level = levels();
    while (level[sink] >= 0) {
      int[] at = first.clone();
      while (push(source, Double.POSITIVE_INFINITY, level, at) > 0) {
        // until no way is left on these levels
      }
      level = levels();
    }
    BitSet side = new BitSet();
    for (int vertex = 0; vertex < level.length; vertex++) {
      side.set(vertex, level[vertex] >= 0);
    }
    return side;
  }

  private int[] levels() {
    int[] level = new int[first.length];
    Arrays.fill(level, -1);
    level[source] = 0;
    Deque<Integer> open = new ArrayDeque<>();
    open.add(source);
    while (!open.isEmpty()) {
      int vertex = open.remove();
      for (int edge = first[vertex]; edge >= 0; edge = next[edge]) {
        if (rest[edge] > NOTHING && level[to[edge]] < 0) {
          level[to[edge]] = level[vertex] + 1;
          open.add(to[edge]);
        }
      }
    }
    return level;
  }

  private double push(int vertex, double most, int[] level, int[] at) {
    if (vertex == sink) {
      return most;
    }
    for (; at[vertex] >= 0; at[vertex] = next[at[vertex]]) {
      int edge = at[vertex];
      if (rest[edge] > NOTHING && level[to[edge]] == level[vertex] + 1) {
        double pushed = push(to[edge], Math.min(most, rest[edge]), level, at);
        if (pushed > 0) {
          rest[edge] -= pushed;
          rest[edge ^ 1] += pushed;
          return pushed;
        }
      }
    }
    return 0;
  }
}
