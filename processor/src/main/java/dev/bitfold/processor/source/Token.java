package dev.bitfold.processor.source;

import java.util.Set;

/**
 * Holds a piece of Java source that is never divided: a word, a sign, a literal or a comment.
 *
 * @param kind the kind of the token
 * @param text its characters
 * @param spaced whether white space precedes it
 * @param apart whether an empty line precedes it
 */
record Token(Kind kind, String text, boolean spaced, boolean apart) {
  private static final Set<String> OPENING = Set.of("(", "[", "{", "<");
  private static final Set<String> CLOSING = Set.of(")", "]", "}", ">");

  enum Kind {
    /** A keyword, name or number. */
    WORD,
    SIGN,
    /** A literal in single or double quotes. */
    QUOTED,
    LINE_COMMENT,
    JAVADOC
  }

  boolean is(String sign) {
    return text.equals(sign) && (kind == Kind.SIGN || kind == Kind.WORD);
  }

  /**
   * Returns whether this is an opening bracket. Generated code has no comparison with {@code <}.
   */
  boolean opens() {
    return kind == Kind.SIGN && OPENING.contains(text);
  }

  boolean closes() {
    return kind == Kind.SIGN && CLOSING.contains(text);
  }

  boolean isComment() {
    return kind == Kind.LINE_COMMENT || kind == Kind.JAVADOC;
  }
}
