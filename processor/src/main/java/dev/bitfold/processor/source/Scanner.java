package dev.bitfold.processor.source;

import java.util.ArrayList;
import java.util.List;

/**
 * Divides Java source into tokens. Line ends have no meaning, except for empty lines between
 * tokens.
 */
final class Scanner {
  private static final List<String> LONG_SIGNS = List.of("...", "->", "::", "!=", "==", "&&", "||");

  private final String source;
  private int at;

  private Scanner(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    return new Scanner(source).scan();
  }

  private List<Token> scan() {
    List<Token> tokens = new ArrayList<>();
    int end = 0;
    while (skipWhiteSpace()) {
      String space = source.substring(end, at);
      int start = at;
      Token.Kind kind = next();
      boolean apart = space.chars().filter(c -> c == '\n').count() > 1;
      tokens.add(new Token(kind, source.substring(start, at), !space.isEmpty(), apart));
      end = at;
    }
    return tokens;
  }

  /** Moves to the next token; returns false at the end. */
  private boolean skipWhiteSpace() {
    while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
      at++;
    }
    return at < source.length();
  }

  private Token.Kind next() {
    if (source.startsWith("/**", at)) {
      at = source.indexOf("*/", at) + 2;
      return Token.Kind.JAVADOC;
    } else if (source.startsWith("//", at)) {
      int end = source.indexOf('\n', at);
      at = end < 0 ? source.length() : end;
      return Token.Kind.LINE_COMMENT;
    }
    char first = source.charAt(at);
    if (first == '"' || first == '\'') {
      quoted(first);
      return Token.Kind.QUOTED;
    } else if (Character.isJavaIdentifierPart(source.codePointAt(at))) {
      word();
      return Token.Kind.WORD;
    }
    at +=
        LONG_SIGNS.stream().filter(s -> source.startsWith(s, at)).findFirst().orElse(".").length();
    return Token.Kind.SIGN;
  }

  private void quoted(char quote) {
    at++;
    while (source.charAt(at) != quote) {
      at += source.charAt(at) == '\\' ? 2 : 1;
    }
    at++;
  }

  /** Reads a name or number. A dot belongs to the word if it began with a digit. */
  private void word() {
    boolean number = Character.isDigit(source.charAt(at));
    while (at < source.length()) {
      int c = source.codePointAt(at);
      boolean sign = (c == '-' || c == '+') && "eE".indexOf(source.charAt(at - 1)) >= 0;
      if (!Character.isJavaIdentifierPart(c) && !(number && (c == '.' || sign))) {
        return;
      }
      at += Character.charCount(c);
    }
  }
}
