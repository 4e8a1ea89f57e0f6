package dev.bitfold.onnx.model.prepare;

import java.util.List;

/**
 * Tells what was changed in an ONNX file before layers were looked for. Prints itself as a line for
 * each pass. Immutable.
 *
 * @param file the file's name
 * @param nodesBefore the number of nodes of the original, without those of subgraphs
 * @param nodesAfter the number of nodes of the prepared file
 * @param passes what was done, in order; passes that had nothing to do are left out
 * @param proof whether the prepared file was compared with the original, and on what
 */
public record PrepareReport(
    String file, int nodesBefore, int nodesAfter, List<Pass> passes, String proof) {
  private static final int SHOWN = 4;

  /** Copies the passes. */
  public PrepareReport {
    passes = List.copyOf(passes);
  }

  /**
   * What one pass did.
   *
   * @param what the change, such as "removed, as nothing but constants flows into them"
   * @param names the nodes or values that it concerns, by their original names
   */
  public record Pass(String what, List<String> names) {
    /** Copies the names. */
    public Pass {
      names = List.copyOf(names);
    }

    /** A line with the number of names and the first of them. */
    @Override
    public String toString() {
      if (names.isEmpty()) {
        return what;
      }
      String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
      int more = names.size() - SHOWN;
      return what
          + ": "
          + names.size()
          + " ("
          + shown
          + (more > 0 ? " and " + more + " more" : "")
          + ")";
    }
  }

  /** A line for the file, and one for each pass. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(file).append(": ").append(nodesBefore).append(" nodes");
    text.append(nodesBefore == nodesAfter ? "" : ", prepared " + nodesAfter);
    passes.forEach(pass -> text.append(System.lineSeparator()).append("  ").append(pass));
    return text.append(System.lineSeparator()).append("  ").append(proof).toString();
  }
}
