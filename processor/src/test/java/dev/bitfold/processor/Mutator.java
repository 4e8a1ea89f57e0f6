package dev.bitfold.processor;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes small mistakes in Java source, as people do. Most results can still be parsed. */
final class Mutator {
  private static final Pattern NUMBER = Pattern.compile("(?<![\\w\"])-?\\d+(\\.\\d+)?(?![\\w\"])");
  private static final Pattern TEXT = Pattern.compile("\"[^\"]*\"");
  private static final Pattern ANNOTATION = Pattern.compile("@(?!interface)\\w+(\\([^()]*\\))?");
  private static final Pattern MODIFIER =
      Pattern.compile("\\b(public|private|protected|static|final|abstract|sealed|default) ");
  private static final Pattern TYPE =
      Pattern.compile(
          "\\b(INDArray|Linear|Layer|String|int|double|Object"
              + "|(List|Optional|Map|ArrayList)<[\\w<>, ?]+>)(?= \\w)");
  private static final Pattern NAME =
      Pattern.compile(
          "\\b(?!(public|private|protected|static|final|abstract|sealed|default|permits|non|class"
              + "|record|interface|extends|implements|return|this|super|new|int|double|float|void"
              + "|boolean|true|false|null|long|enum|transient)\\b)[a-z]\\w*\\b");
  private static final Pattern DECLARATION =
      Pattern.compile("(?<=[(,] )(?=\\w+ \\w+[,)])|(?m)^(?=(class|record|interface) )");
  private static final Pattern MEMBER = Pattern.compile("(?m)^  [^\\n]*[;}]$");
  private static final Pattern TOKEN = Pattern.compile("\\w+|\"[^\"]*\"|[^\\s\\w]");

  private static final List<String> NUMBERS =
      List.of("0", "-1", "1", "2", "17", "1000000", "1.5", "2147483647", "0x7f");
  private static final List<String> TEXTS =
      List.of("\"\"", "\"O\"", "\"XY\"", "\"OO\"", "\"…C\"", "\"C…\"", "\"NTC\"", "\" I\"", "null");
  private static final List<String> TYPES =
      List.of(
          "INDArray",
          "Linear",
          "Layer",
          "String",
          "int",
          "Object",
          "List<Linear>",
          "List<INDArray>",
          "INDArray[]",
          "Optional<Layer>",
          "Map<String, Linear>",
          "List<?>",
          "Missing",
          "var",
          "List<Missing>",
          "org.nd4j.autodiff.samediff.SDVariable");
  private static final List<String> ANNOTATIONS =
      List.of(
          "@Weight ",
          "@Bias ",
          "@Input ",
          "@Quantize ",
          "@Quantize(role = Role.OUTPUT) ",
          "@Int8 ",
          "@Int8SmoothQuant ",
          "@SmoothQuant ",
          "@SkipQuantize ",
          "@QuantizeModel ",
          "@MxFp4 ",
          "@Implementations(Linear.class) ",
          "@Quantize(per = \"O\") ",
          "@Quantize(axis = 7) ");
  private static final List<String> MODIFIERS =
      List.of("", "public ", "private ", "static ", "final ", "abstract ", "protected ");

  private final Random random;

  Mutator(Random random) {
    this.random = random;
  }

  /** The text with one or two mistakes. */
  String mutate(String text) {
    String mutant = once(text);
    return random.nextInt(3) == 0 ? once(mutant) : mutant;
  }

  private String once(String text) {
    for (int attempt = 0; attempt < 20; attempt++) {
      String mutant =
          switch (random.nextInt(28) / 3) {
            case 0 -> replace(text, NUMBER, NUMBERS);
            case 1 -> replace(text, TEXT, TEXTS);
            case 2 -> replace(text, ANNOTATION, List.of(""));
            case 3 -> replace(text, ANNOTATION, found(text, ANNOTATION));
            case 4 -> replace(text, MODIFIER, MODIFIERS);
            case 5 -> replace(text, TYPE, TYPES);
            case 6 -> replace(text, NAME, found(text, NAME));
            case 7 -> replace(text, DECLARATION, ANNOTATIONS);
            case 8 -> replace(text, MEMBER, List.of(""));
            default -> replace(text, TOKEN, found(text, TOKEN));
          };
      if (!mutant.equals(text)) {
        return mutant;
      }
    }
    return text + "}";
  }

  private static List<String> found(String text, Pattern pattern) {
    List<String> found = new ArrayList<>(List.of(""));
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }

  private String replace(String text, Pattern pattern, List<String> replacements) {
    List<int[]> places = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      places.add(new int[] {matcher.start(), matcher.end()});
    }
    if (places.isEmpty()) {
      return text;
    }
    int[] place = places.get(random.nextInt(places.size()));
    String replacement = replacements.get(random.nextInt(replacements.size()));
    return text.substring(0, place[0]) + replacement + text.substring(place[1]);
  }
}
