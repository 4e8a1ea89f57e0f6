package dev.bitfold.processor.source;

import com.palantir.javapoet.CodeBlock;
import java.util.ArrayList;
import java.util.List;

/** String literals of any text: in plain ASCII, whatever the encoding of the user's sources. */
public final class Literals {
  /** Of the characters of a constant, which takes 65,535 bytes, each at most 3. */
  private static final int CONSTANT = 65_535 / 3;

  private Literals() {}

  /** Returns an expression for a text; it is a constant where the text is short enough for one. */
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

  /** Cuts the inside of a literal between its characters, never in an escape. */
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
