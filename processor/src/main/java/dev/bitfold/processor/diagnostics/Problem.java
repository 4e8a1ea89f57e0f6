package dev.bitfold.processor.diagnostics;

import java.util.Locale;

/**
 * One thing that is wrong.
 *
 * @param id the kind of problem
 * @param message what is wrong with this very element
 * @param fix what to do, with a line to paste where there is one
 * @param place where it is
 */
public record Problem(ProblemId id, String message, String fix, Place place) {
  /** A problem; the arguments fill the templates of the id. */
  public static Problem of(ProblemId id, Place place, Object... arguments) {
    return new Problem(
        id,
        String.format(Locale.ROOT, id.message(), arguments),
        String.format(Locale.ROOT, id.fix(), arguments),
        place);
  }

  /** The same problem at another place. */
  public Problem at(Place other) {
    return new Problem(id, message, fix, other);
  }

  /** The text that the compiler prints. */
  public String text() {
    return "[" + id.code() + "] " + message + "\n  " + fix;
  }
}
