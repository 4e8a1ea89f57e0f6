package dev.bitfold.processor.source;

import dev.bitfold.processor.source.Doc.Break;
import dev.bitfold.processor.source.Doc.Level;
import dev.bitfold.processor.source.Doc.Text;
import java.util.ArrayList;
import java.util.List;

/** Finds the places where an expression or type may be broken, as google-java-format does. */
final class Expressions {
  private static final int INDENT = 4;

  /** The length at which string literals are cut, which leaves room for the text around them. */
  private static final int LITERAL = 68;

  private Expressions() {}

  /** Lays out an expression. */
  static Doc of(List<Token> tokens) {
    int lambda = Tokens.find(tokens, "->");
    if (lambda >= 0) {
      return Level.of(
          0,
          words(tokens.subList(0, lambda)),
          new Text(" ->"),
          Level.of(INDENT, Break.FILL_SPACE, of(tokens.subList(lambda + 1, tokens.size()))));
    }
    int condition = Tokens.find(tokens, "?");
    int otherwise = Tokens.find(tokens, ":");
    if (condition >= 0 && otherwise > condition) {
      return Level.of(
          INDENT,
          of(tokens.subList(0, condition)),
          Break.SPACE,
          new Text("? "),
          of(tokens.subList(condition + 1, otherwise)),
          Break.SPACE,
          new Text(": "),
          of(tokens.subList(otherwise + 1, tokens.size())));
    }
    return chain(tokens);
  }

  /** Lays out a chain of calls that are joined by dots. */
  private static Doc chain(List<Token> tokens) {
    List<List<Token>> links = links(tokens);
    long calls = links.stream().filter(Expressions::isCall).count();
    List<Doc> docs = new ArrayList<>();
    boolean chained = calls > 1;
    int prefix = chained ? prefix(links) : links.size();
    for (int i = 0; i < links.size(); i++) {
      if (i >= prefix) {
        docs.add(Break.EMPTY);
      }
      if (i > 0) {
        docs.add(new Text("."));
      }
      docs.add(words(links.get(i)));
    }
    return new Level(chained ? INDENT : 0, docs);
  }

  /** Returns the links of a chain. Dots in the type after {@code new} do not count. */
  private static List<List<Token>> links(List<Token> tokens) {
    int arguments = Tokens.find(tokens, "(");
    if (tokens.isEmpty() || !tokens.get(0).is("new") || arguments < 0) {
      return Tokens.split(tokens, ".");
    }
    int end = Tokens.closing(tokens, arguments) + 1;
    List<List<Token>> links = new ArrayList<>();
    links.add(tokens.subList(0, end));
    if (end < tokens.size()) {
      links.addAll(Tokens.split(tokens.subList(end + 1, tokens.size()), "."));
    }
    return links;
  }

  private static boolean isCall(List<Token> link) {
    return link.size() > 1 && link.get(link.size() - 1).is(")");
  }

  /**
   * Returns the number of links that stay on the first line: a class and its method, or this and a
   * member.
   */
  private static int prefix(List<List<Token>> links) {
    Token first = links.get(0).get(0);
    if (first.is("this") || first.is("super")) {
      return 2;
    }
    int names = 0;
    while (!isCall(links.get(names))) {
      names++;
    }
    boolean type = names > 0 && isTypeName(links.get(names - 1).get(0).text());
    return type ? names + 1 : 1;
  }

  private static boolean isTypeName(String name) {
    return Character.isUpperCase(name.codePointAt(0));
  }

  /** Lays out words, of which only the brackets can be broken. */
  static Doc words(List<Token> tokens) {
    List<Doc> docs = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      String space = token.spaced() && i > 0 ? " " : "";
      if (token.opens()) {
        int end = Tokens.closing(tokens, i);
        docs.add(new Text(space + token.text()));
        docs.add(bracket(tokens.subList(i + 1, end), tokens.get(end)));
        i = end;
      } else if (token.kind() == Token.Kind.QUOTED && token.text().length() > LITERAL) {
        docs.add(new Text(space));
        docs.add(literal(token.text()));
      } else {
        docs.add(new Text(space + token.text()));
      }
    }
    return new Level(0, docs);
  }

  private static Doc bracket(List<Token> content, Token closing) {
    return content.isEmpty()
        ? new Text(closing.text())
        : Level.of(INDENT, Break.EMPTY, list(content, closing.is(">")), new Text(closing.text()));
  }

  /** Lays out elements separated by commas: on one line, or each on a line of its own. */
  static Doc list(List<Token> content, boolean ofTypes) {
    List<Doc> docs = new ArrayList<>();
    for (List<Token> item : Tokens.split(content, ",")) {
      if (!docs.isEmpty()) {
        docs.add(new Text(","));
        docs.add(Break.SPACE);
      }
      docs.add(ofTypes ? words(item) : of(item));
    }
    return new Level(0, docs);
  }

  /** Cuts a literal into pieces that are concatenated. */
  private static Doc literal(String text) {
    List<Doc> docs = new ArrayList<>();
    for (String piece : Literals.pieces(text.substring(1, text.length() - 1), LITERAL - 2)) {
      if (!docs.isEmpty()) {
        docs.add(Break.SPACE);
        docs.add(new Text("+ "));
      }
      docs.add(new Text('"' + piece + '"'));
    }
    return new Level(INDENT, docs);
  }
}
