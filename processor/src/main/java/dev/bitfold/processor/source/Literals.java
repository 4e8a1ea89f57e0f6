package dev.bitfold.processor.source;

import com.palantir.javapoet.CodeBlock;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes string literals for any text in plain ASCII, so that the encoding of the user's sources
 * does not matter.
 */
public final class Literals {
  /**
   * The number of characters that always fit a constant, which takes 65,535 bytes with at most 3
   * for each character.
   */
  private static final int CONSTANT = 65_535 / 3;

  private Literals() {}

  /** Returns an expression for a text, which is a constant if the text is short enough. */
  public static CodeBlock of(String text) {
    if (text.length() <= CONSTANT) {
      return CodeBlock.of("$L", quoted(text));
    }
    List<CodeBlock> parts = new ArrayList<>();
    parts.add(CodeBlock.of("$L", quoted("")));
    for (int start = 0; start < text.length(); start += CONSTANT) {
      String part = text.substring(start, Math.min(start + CONSTANT, text.length()));
      parts.add(CodeBlock.of("$L", quoted(part)));
    }
    return CodeBlock.of("$T.join($L)", String.class, CodeBlock.join(parts, ", "));
  }

  private static String quoted(String text) {
    StringBuilder literal = new StringBuilder("\"");
    text.chars().forEach(c -> literal.append(escaped((char) c)));
    return literal.append('"').toString();
  }

  private static String escaped(char c) {
    return switch (c) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      default -> c < ' ' || c > '~' ? String.format("\\u%04x", (int) c) : String.valueOf(c);
    };
  }

  /** Cuts the inside of a literal between characters, but never in an escape. */
  static List<String> pieces(String inside, int length) {
    List<String> pieces = new ArrayList<>();
    int start = 0;
    int at = 0;
    while (at < inside.length()) {
      int next = at + escapeLength(inside, at);
      if (next - start > length) {
        pieces.add(inside.substring(start, at));
        start = at;
      }
      at = next;
    }
    pieces.add(inside.substring(start));
    return pieces;
  }

  private static int escapeLength(String inside, int at) {
    if (inside.charAt(at) != '\\') {
      return 1;
    }
    return inside.charAt(at + 1) == 'u' ? 6 : 2;
  }
}
