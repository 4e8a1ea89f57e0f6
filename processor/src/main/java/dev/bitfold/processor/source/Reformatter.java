package dev.bitfold.processor.source;

import java.util.ArrayList;
import java.util.List;

/**
 * Lays out generated source as google-java-format would: no line is longer than 100 columns if it
 * can be broken. It handles the Java that Bitfold generates, but not all of Java. It changes white
 * space and cuts long string literals, and nothing else.
 */
final class Reformatter {
  private static final int INDENT = 2;

  private final List<Token> tokens;
  private final LinePrinter printer = new LinePrinter();
  private int at;
  private int indent;

  private Reformatter(List<Token> tokens) {
    this.tokens = tokens;
  }

  /** Returns the same source in this layout. */
  static String format(String source) {
    Reformatter reformatter = new Reformatter(normalized(Scanner.tokens(source)));
    reformatter.body(true);
    return reformatter.printer.toString();
  }

  /** Removes the white space that line breaks inside of brackets and chains left behind. */
  private static List<Token> normalized(List<Token> tokens) {
    List<Token> result = new ArrayList<>();
    int depth = 0;
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      boolean tight = token.is(".") || token.is(",") || token.is(";") || token.is(")");
      if (i > 0) {
        Token before = tokens.get(i - 1);
        tight |= before.is("(") || before.is(".") || before.is("@");
        tight |= depth > 0 && (before.is("{") || token.is("}"));
      }
      depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
      result.add(new Token(token.kind(), token.text(), token.spaced() && !tight, token.apart()));
    }
    return result;
  }

  /**
   * Prints the contents of a file, a class or a method, up to the closing brace.
   *
   * @param ofTypes whether the contents are declarations; otherwise they are statements
   */
  private void body(boolean ofTypes) {
    boolean first = true;
    boolean afterField = false;
    while (at < tokens.size() && !tokens.get(at).is("}")) {
      Token token = tokens.get(at);
      boolean apart = token.apart() && !first;
      if (token.isComment()) {
        blankLine(apart);
        comment(token);
        at++;
        afterField = false;
      } else {
        int end = statementEnd();
        List<Token> statement = tokens.subList(at, end);
        boolean field = ofTypes && tokens.get(end).is(";") && Tokens.find(statement, "=") < 0;
        blankLine(apart && !(field && afterField && indent > 0));
        afterField = field;
        at = end + 1;
        if (tokens.get(end).is(";")) {
          printer.print(indent, Declarations.statement(statement, room()));
        } else {
          block(statement, ofTypes);
        }
      }
      first = false;
    }
  }

  private void blankLine(boolean wanted) {
    if (wanted) {
      printer.endLine();
    }
  }

  /** Prints a declaration or statement with a body, and what follows it on the same line. */
  private void block(List<Token> tokensOfHead, boolean ofTypes) {
    List<Token> head = ofTypes ? annotations(tokensOfHead) : tokensOfHead;
    boolean type = Tokens.find(head, "class") >= 0;
    Doc doc =
        type
            ? Declarations.type(head)
            : ofTypes ? Declarations.method(head, room()) : Declarations.block(head);
    if (tokens.get(at).is("}")) {
      at++;
      printer.print(indent, Doc.Level.of(0, doc, new Doc.Text("}")));
      return;
    }
    printer.print(indent, doc);
    indent += INDENT;
    body(type);
    indent -= INDENT;
    at++;
    if (at < tokens.size() && isContinued(tokens.get(at))) {
      int end = statementEnd();
      List<Token> next = new ArrayList<>(tokens.subList(at - 1, end));
      at = end + 1;
      block(next, false);
    } else {
      printer.print(indent, new Doc.Text("}"));
    }
  }

  private static boolean isContinued(Token token) {
    return token.is("catch") || token.is("else") || token.is("finally");
  }

  /**
   * Prints the annotations of a declaration, each on a line of its own, and returns the other
   * tokens.
   */
  private List<Token> annotations(List<Token> declaration) {
    int start = 0;
    while (declaration.get(start).is("@")) {
      int end = start + 2;
      while (declaration.get(end).is(".")) {
        end += 2;
      }
      if (declaration.get(end).is("(")) {
        end = Tokens.closing(declaration, end) + 1;
      }
      printer.print(indent, Expressions.words(declaration.subList(start, end)));
      start = end;
    }
    return declaration.subList(start, declaration.size());
  }

  /** Returns the index of the semicolon or brace that ends a statement. */
  private int statementEnd() {
    int depth = 0;
    for (int i = at; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (depth == 0 && (token.is(";") || token.is("{"))) {
        return i;
      }
      depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
    }
    throw new IllegalArgumentException("no end of a statement: " + tokens.get(at).text());
  }

  private void comment(Token comment) {
    List<String> lines =
        comment.kind() == Token.Kind.JAVADOC
            ? CommentText.javadoc(comment.text(), room())
            : CommentText.line(comment.text(), room());
    lines.forEach(line -> printer.print(indent, new Doc.Text(line)));
  }

  private int room() {
    return LinePrinter.COLUMNS - indent;
  }
}
