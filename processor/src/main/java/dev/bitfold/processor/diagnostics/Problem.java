package dev.bitfold.processor.diagnostics;

import java.util.Locale;

/**
 * Describes one problem.
 *
 * @param id the kind of problem
 * @param message what is wrong with this element
 * @param fix the remedy, with a line to paste if there is one
 * @param place the place of the problem
 */
public record Problem(ProblemId id, String message, String fix, Place place) {
  /** Returns a problem. The arguments fill the templates of the id. */
  public static Problem of(ProblemId id, Place place, Object... arguments) {
    return new Problem(
        id,
        String.format(Locale.ROOT, id.message(), arguments),
        String.format(Locale.ROOT, id.fix(), arguments),
        place);
  }

  /** Returns the same problem of a mix-in's class at a place in the mix-in. */
  public Problem ofMixIn(Place other, String type) {
    return new Problem(
        id,
        message,
        fix + "; if " + type + " cannot be changed, give the work to a layer of your own",
        other);
  }

  /** Returns the same problem at another place. */
  public Problem at(Place other) {
    return new Problem(id, message, fix, other);
  }

  /** Returns the text that the compiler prints. */
  public String text() {
    return "[" + id.code() + "] " + message + "\n  " + fix;
  }
}
