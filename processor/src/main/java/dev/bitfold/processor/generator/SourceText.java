package dev.bitfold.processor.generator;

import com.palantir.javapoet.JavaFile;
import java.util.regex.Pattern;

/** JavaPoet's text, laid out as people would. */
public final class SourceText {
  private static final Pattern TRAILING_SPACE = Pattern.compile(" +\n");
  private static final Pattern EMPTY_BODY = Pattern.compile("\\{\n *}");
  private static final Pattern ONE_LINE_JAVADOC =
      Pattern.compile("/\\*\\*\n *\\* ([^\n]*)\n *\\*/");
  private static final Pattern ONE_MEMBER = Pattern.compile("(@\\w+)\\(\n +(\\w+ = [\\w.]+)\n\\)");

  private SourceText() {}

  /** The text of a file. */
  public static String of(JavaFile file) {
    String text = file.toString();
    text = TRAILING_SPACE.matcher(text).replaceAll("\n");
    text = EMPTY_BODY.matcher(text).replaceAll("{}");
    text = ONE_LINE_JAVADOC.matcher(text).replaceAll("/** $1 */");
    return ONE_MEMBER.matcher(text).replaceAll("$1($2)");
  }
}
