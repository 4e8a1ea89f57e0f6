package dev.bitfold.processor.source;

import dev.bitfold.processor.source.Doc.Break;
import dev.bitfold.processor.source.Doc.Level;
import dev.bitfold.processor.source.Doc.Text;
import java.util.ArrayList;
import java.util.List;

/** Finds the places where a statement or the head of a declaration may be broken. */
final class Declarations {
  private static final int INDENT = 4;

  private Declarations() {}

  /**
   * Lays out a statement of a method, or a field.
   *
   * @param tokens the tokens without the semicolon
   * @param columns the number of columns left on the line
   */
  static Doc statement(List<Token> tokens, int columns) {
    Token first = tokens.get(0);
    if (first.is("return") || first.is("throw")) {
      return tokens.size() == 1
          ? new Text(first.text() + ";")
          : Level.of(
              0,
              new Text(first.text() + " "),
              Expressions.of(tokens.subList(1, tokens.size())),
              new Text(";"));
    }
    int equals = Tokens.find(tokens, "=");
    return equals < 0
        ? Level.of(0, Expressions.of(tokens), new Text(";"))
        : assignment(tokens.subList(0, equals), tokens.subList(equals + 1, tokens.size()), columns);
  }

  private static Doc assignment(List<Token> target, List<Token> value, int columns) {
    Doc flat = Expressions.words(target);
    if (target.size() == 1 || flat.width() + " =".length() <= columns) {
      return Level.of(
          0,
          flat,
          new Text(" ="),
          Level.of(INDENT, Break.FILL_SPACE, Expressions.of(value), new Text(";")));
    }
    int name = target.size() - 1;
    return Level.of(
        INDENT,
        Expressions.words(target.subList(0, name)),
        Break.FILL_SPACE,
        new Text(target.get(name).text() + " ="),
        Level.of(INDENT, Break.FILL_SPACE, Expressions.of(value), new Text(";")));
  }

  /**
   * Lays out the head of a class.
   *
   * @param tokens the tokens without the opening brace
   */
  static Doc type(List<Token> tokens) {
    List<Integer> clauses = new ArrayList<>();
    for (String word : List.of("extends", "implements")) {
      int at = Tokens.find(tokens, word);
      if (at >= 0) {
        clauses.add(at);
      }
    }
    clauses.add(tokens.size());
    List<Doc> docs = new ArrayList<>();
    for (int i = 0; i + 1 < clauses.size(); i++) {
      docs.add(Break.FILL_SPACE);
      docs.add(Expressions.list(tokens.subList(clauses.get(i), clauses.get(i + 1)), true));
    }
    docs.add(new Text(" {"));
    return Level.of(
        0, Expressions.words(tokens.subList(0, clauses.get(0))), new Level(INDENT, docs));
  }

  /**
   * Lays out the head of a method or constructor.
   *
   * @param tokens the tokens without the opening brace
   * @param columns the number of columns left on the line
   */
  static Doc method(List<Token> tokens, int columns) {
    int parameters = Tokens.find(tokens, "(");
    int end = Tokens.closing(tokens, parameters);
    List<Token> before = tokens.subList(0, parameters);
    boolean fits = Expressions.words(before).width() + "(".length() <= columns;
    List<Doc> rest = new ArrayList<>();
    if (end > parameters + 1) {
      rest.add(Break.FILL);
      rest.add(Expressions.list(tokens.subList(parameters + 1, end), true));
    }
    rest.add(new Text(")"));
    if (end + 1 < tokens.size()) {
      rest.add(Break.FILL_SPACE);
      rest.add(Expressions.list(tokens.subList(end + 1, tokens.size()), true));
    }
    rest.add(new Text(" {"));
    return Level.of(
        0,
        fits ? Level.of(0, Expressions.words(before), new Text("(")) : longBefore(before),
        new Level(fits ? INDENT : 2 * INDENT, rest));
  }

  /** Lays out what precedes a method's parameters: type variables, type and name. */
  private static Doc longBefore(List<Token> before) {
    int name = before.size() - 1;
    int variables = Tokens.find(before, "<");
    boolean generic = variables >= 0 && before.get(variables).spaced();
    int type = generic ? Tokens.closing(before, variables) + 1 : 0;
    Doc typeAndName =
        Level.of(
            INDENT,
            Expressions.words(before.subList(type, name)),
            Break.FILL_SPACE,
            new Text(before.get(name).text() + "("));
    return generic
        ? Level.of(
            INDENT, Expressions.words(before.subList(0, type)), Break.FILL_SPACE, typeAndName)
        : typeAndName;
  }

  /**
   * Lays out the head of a block in a method, such as {@code try}.
   *
   * @param tokens the tokens without the opening brace
   */
  static Doc block(List<Token> tokens) {
    return Level.of(0, Expressions.words(tokens), new Text(" {"));
  }
}
