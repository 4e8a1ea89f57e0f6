package dev.bitfold.processor.diagnostics;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Collects the problems of one class. The same problem at the same place counts once. */
public final class Problems {
  private final Set<Problem> found = new LinkedHashSet<>();

  /** Adds a problem. The arguments fill the templates of the id. */
  public void add(ProblemId id, Place place, Object... arguments) {
    found.add(Problem.of(id, place, arguments));
  }

  /** Adds a problem. */
  public void add(Problem problem) {
    found.add(problem);
  }

  /** Adds all problems of another collection. */
  public void addAll(Problems others) {
    found.addAll(others.found);
  }

  /** Adds all problems of another collection, each as changed. */
  public void addAll(Problems others, UnaryOperator<Problem> change) {
    others.found.forEach(problem -> found.add(change.apply(problem)));
  }

  /** Returns whether nothing is wrong. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** Returns the problems in the order in which they were found. */
  public List<Problem> list() {
    return List.copyOf(found);
  }
}
