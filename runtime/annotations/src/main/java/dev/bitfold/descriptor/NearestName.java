package dev.bitfold.descriptor;

import java.util.Collection;
import java.util.Comparator;
import java.util.stream.Collectors;

/** The names nearest to one that is not there, for messages. */
public final class NearestName {
  private static final int MOST = 5;

  private NearestName() {}

  public static String of(String name, Collection<String> known) {
    return known.stream()
        .sorted(Comparator.comparingInt((String other) -> distance(name, other)))
        .limit(MOST)
        .collect(Collectors.joining(", "));
  }

  /** Levenshtein's edit distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
