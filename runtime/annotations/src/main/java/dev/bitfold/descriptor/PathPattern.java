package dev.bitfold.descriptor;

import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A pattern of paths, whose names are separated by dots: {@code *} stands for any part of a name,
 * and {@code **} for any number of names, as in {@code blocks.*.fc1} and {@code **.weight}.
 * Immutable.
 */
public final class PathPattern {
  private static final String MANY = "**";

  private final String text;
  private final Pattern regex;

  private PathPattern(String text) {
    this.text = text;
    // Each name is matched with the dot before it, so that ** may stand for none.
    this.regex =
        Pattern.compile(
            Stream.of(text.split("\\.", -1)).map(PathPattern::regex).collect(Collectors.joining()));
  }

  /** Returns a pattern; a text without stars is matched by itself alone. */
  public static PathPattern of(String text) {
    return new PathPattern(Objects.requireNonNull(text, "text"));
  }

  private static String regex(String name) {
    return name.equals(MANY)
        ? "(\\.[^.]+)*"
        : Stream.of(name.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining("[^.]*", "\\.", ""));
  }

  /** Returns whether a path is matched as a whole. */
  public boolean matches(String path) {
    return regex.matcher("." + path).matches();
  }

  /** Returns whether it may match several paths. */
  public boolean isPattern() {
    return text.contains("*");
  }

  /**
   * Returns a path with the stars of this pattern if it has as many names: what the pattern may
   * have meant.
   */
  public String alike(String path) {
    String[] names = text.split("\\.", -1);
    String[] others = path.split("\\.", -1);
    if (!isPattern() || text.contains(MANY) || names.length != others.length) {
      return path;
    }
    for (int i = 0; i < names.length; i++) {
      others[i] = names[i].equals("*") ? "*" : others[i];
    }
    return String.join(".", others);
  }

  @Override
  public String toString() {
    return text;
  }
}
