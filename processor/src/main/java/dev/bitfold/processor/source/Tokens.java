package dev.bitfold.processor.source;

import java.util.ArrayList;
import java.util.List;

/** Answers questions about sequences of tokens, and skips the contents of brackets. */
final class Tokens {
  private Tokens() {}

  /** Returns the index of a sign or word outside of brackets, or -1. */
  static int find(List<Token> tokens, String text) {
    for (int i = 0; i < tokens.size(); i = next(tokens, i)) {
      if (tokens.get(i).is(text)) {
        return i;
      }
    }
    return -1;
  }

  /** Returns the parts between the signs that stand outside of brackets. */
  static List<List<Token>> split(List<Token> tokens, String sign) {
    List<List<Token>> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < tokens.size(); i = next(tokens, i)) {
      if (tokens.get(i).is(sign)) {
        parts.add(tokens.subList(start, i));
        start = i + 1;
      }
    }
    parts.add(tokens.subList(start, tokens.size()));
    return parts;
  }

  /** Returns the index of the bracket that closes the one at an index. */
  static int closing(List<Token> tokens, int opening) {
    int depth = 0;
    for (int i = opening; i < tokens.size(); i++) {
      if (tokens.get(i).opens()) {
        depth++;
      } else if (tokens.get(i).closes() && --depth == 0) {
        return i;
      }
    }
    throw new IllegalArgumentException("no closing bracket for " + tokens.get(opening).text());
  }

  /** Returns the index after a token, or after the bracket that it opens. */
  private static int next(List<Token> tokens, int at) {
    return (tokens.get(at).opens() ? closing(tokens, at) : at) + 1;
  }
}
