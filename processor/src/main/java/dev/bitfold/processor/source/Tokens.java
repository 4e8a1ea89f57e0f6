package dev.bitfold.processor.source;

import java.util.ArrayList;
import java.util.List;

/** Questions about runs of tokens; what stands in brackets is passed over. */
final class Tokens {
  private Tokens() {}

  /** Returns where a sign or word stands outside of brackets, or -1. */
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

  /** Returns where the bracket that opens at a place closes. */
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

  /** Returns the place behind a token, or behind the bracket that it opens. */
  private static int next(List<Token> tokens, int at) {
    return (tokens.get(at).opens() ? closing(tokens, at) : at) + 1;
  }
}
