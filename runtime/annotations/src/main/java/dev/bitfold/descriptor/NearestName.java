package dev.bitfold.descriptor;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the names that may be meant, for messages. */
public final class NearestName {
  private static final int MAX_NAMES = 3;

  private NearestName() {}

  /**
   * Returns the end of a message: {@code did you mean 'fc1.weight'?}, or some of the known names if
   * none of them is near.
   *
   * @param name the name that is not known
   * @param known the known names
   */
  public static String question(String name, Collection<String> known) {
    List<String> near =
        known.stream()
            .distinct()
            .filter(other -> isNear(name, other))
            .sorted(Comparator.comparingInt((String other) -> distance(name, other)))
            .limit(MAX_NAMES)
            .toList();
    if (!near.isEmpty()) {
      return "did you mean " + quoted(near, " or ") + "?";
    }
    List<String> some = known.stream().distinct().limit(MAX_NAMES).toList();
    long more = known.stream().distinct().count() - some.size();
    return some.isEmpty()
        ? "there are none"
        : "there are " + quoted(some, ", ") + (more > 0 ? " and " + more + " more" : "");
  }

  /** Returns the nearest of the names that are near, or that hold the name or are part of it. */
  public static Optional<String> to(String name, Collection<String> known) {
    return known.stream()
        .filter(other -> isNear(name, other) || isPart(name, other) || isPart(other, name))
        .min(
            Comparator.comparingInt((String other) -> distance(name, other))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** Returns {@code did you mean 'weight'? }, to go before a remedy, or nothing. */
  public static String suggestion(String name, Collection<String> known) {
    return to(name, known).map(near -> "did you mean '" + near + "'? ").orElse("");
  }

  private static boolean isNear(String name, String other) {
    return distance(name, other) <= Math.max(2, name.length() / 3);
  }

  private static boolean isPart(String part, String whole) {
    return !part.isEmpty()
        && whole.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }

  private static String quoted(List<String> names, String separator) {
    return names.stream().map(name -> "'" + name + "'").collect(Collectors.joining(separator));
  }

  /** Returns the Levenshtein distance without regard to upper and lower case. */
  private static int distance(String name, String other) {
    String a = name.toLowerCase(Locale.ROOT);
    String b = other.toLowerCase(Locale.ROOT);
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
