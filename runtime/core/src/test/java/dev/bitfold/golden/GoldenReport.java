package dev.bitfold.golden;

import java.util.Map;
import java.util.TreeMap;

/** Counts the results of the cases, and reports them in a few lines. */
final class GoldenReport {
  private final Map<String, Integer> skipped = new TreeMap<>();
  private final Map<String, Integer> onPurpose = new TreeMap<>();
  private int passed;
  private int failed;

  synchronized void passed() {
    passed++;
  }

  synchronized void failed() {
    failed++;
  }

  synchronized void skipped(GoldenCase golden, String reason) {
    skipped.merge(golden.op() + ": " + reason, 1, Integer::sum);
  }

  /** Of the passed ones. */
  synchronized void onPurpose(GoldenCase golden, String reason) {
    onPurpose.merge(golden.op() + ": " + reason, 1, Integer::sum);
  }

  synchronized String summary() {
    int count = skipped.values().stream().mapToInt(Integer::intValue).sum();
    StringBuilder lines = new StringBuilder();
    skipped.forEach(
        (why, n) ->
            lines.append("golden: skipped ").append(n).append(" × ").append(why).append('\n'));
    onPurpose.forEach(
        (why, n) ->
            lines
                .append("golden: differs on purpose ")
                .append(n)
                .append(" × ")
                .append(why)
                .append('\n'));
    return lines
        .append("golden: ")
        .append(passed)
        .append(" passed, ")
        .append(failed)
        .append(" failed, ")
        .append(count)
        .append(" skipped")
        .toString();
  }
}
