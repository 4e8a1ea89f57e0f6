package dev.bitfold.processor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Writes correct Java sources of unusual shapes with a layer and possibly a model or recipe: names,
 * texts, modifiers, generics, signatures, many parameters, nesting and packages.
 */
final class RandomSources {
  private static final String IMPORTS =
      "import dev.bitfold.annotations.*; import org.nd4j.linalg.api.ndarray.INDArray;\n";

  /** Warnings of the user's own are none of the generated code's business. */
  private static final String QUIET =
      "@SuppressWarnings({\"deprecation\", \"removal\", \"rawtypes\", \"unchecked\", \"serial\"}) ";

  private static final List<String> TYPES =
      List.of(
          "int",
          "long",
          "double",
          "boolean[]",
          "java.lang.String",
          "java.lang.Object",
          "java.util.List<java.lang.String>",
          "java.util.Map<byte[], ? extends java.util.List<int[]>>",
          "java.util.List<?>",
          "java.util.List",
          "java.util.List<java.lang.String>[]",
          "Old",
          "Gone",
          "java.util.List<? super Gone>",
          "Out.In",
          "java.util.Map.Entry<Old, java.util.List>");

  private static final List<String> GENERIC_TYPES =
      List.of("T", "java.util.List<T>", "T[]", "java.util.Map<? super T, T>");

  /** A parameter, field or component. */
  private record Variable(String type, String name) {
    @Override
    public String toString() {
      return type + " " + name;
    }
  }

  private static final String EXTRA =
      "<R extends Old> java.util.Collection<R> same(java.util.List<R>[] rs, java.util.List raw)"
          + " throws java.io.IOException; int hooks(); ";

  /** A method, without what stands before its type variables. */
  private record Method(
      String own, String result, String name, List<String> parameters, String thrown) {
    List<String> plain() {
      return parameters.stream().map(p -> p.replaceAll("@Input(\\(.*?\\))? ", "")).toList();
    }

    Method unmarked() {
      return new Method(own, result, name, plain(), thrown);
    }

    String body() {
      return switch (result) {
        case "void" -> " { } ";
        case "long" -> " { return 1; } ";
        default -> " { return null; } ";
      };
    }

    @Override
    public String toString() {
      return own + result + " " + name + "(" + String.join(", ", parameters) + ")" + thrown;
    }
  }

  private final Random random;
  private final RandomNames names;
  private String layer = "";
  private String variables = "";
  private String mixIn = "";
  private boolean hidden;
  private boolean extra;

  RandomSources(Random random) {
    this.random = random;
    this.names = new RandomNames(random);
  }

  /**
   * Returns classes by their qualified names.
   *
   * @param root the first part of the name of their package
   */
  Map<String, String> next(String root) {
    names.restart("Old", "Gone", "Out", "Oops", "Api", "Hidden", "Big");
    layer = names.type();
    variables =
        pick(
            "",
            "",
            "",
            "<T>",
            "<T extends java.lang.Comparable<T>>",
            "<T extends java.util.List & Cloneable>");
    hidden = random.nextInt(4) == 0;
    String outer = random.nextInt(4) == 0 ? names.type() : "";
    mixIn = variables.isEmpty() && !hidden && random.nextInt(3) == 0 ? names.type() : "";
    Map<String, String> types = new LinkedHashMap<>();
    types.put("Old", "@Deprecated public class Old {}");
    types.put("Gone", "@Deprecated(forRemoval = true) public class Gone {}");
    types.put("Out", "public class Out { public static class In {} }");
    types.put("Oops", QUIET + "public class Oops extends java.lang.Exception {}");
    String text = layer(types, outer.isEmpty() ? "" : "static ");
    if (outer.isEmpty()) {
      types.put(layer, text);
    } else {
      types.put(
          outer,
          pick("public ", "", QUIET)
              + pick("class ", "interface ", "record ", "enum ")
              + outer
              + " {");
      types.computeIfPresent(outer, (name, head) -> nest(head, text));
    }
    String path = outer.isEmpty() ? layer : outer + "." + layer;
    types.computeIfPresent(mixIn, (name, body) -> body.replace("LAYER", path));
    if (variables.isEmpty() && random.nextBoolean()) {
      model(types, path);
    }
    String room = random.nextInt(3) == 0 ? root + "." + names.variable() : root;
    Map<String, String> files = new LinkedHashMap<>();
    types.forEach((n, t) -> files.put(room + "." + n, "package " + room + ";\n" + IMPORTS + t));
    return files;
  }

  private static String nest(String head, String text) {
    if (head.contains("record ")) {
      return head.replace(" {", "() {") + text + "}";
    }
    return head + (head.contains("enum ") ? " A; " : "") + text + "}";
  }

  private String layer(Map<String, String> types, String nesting) {
    String shape = pick("class", "class", "final class", "record");
    Variable weight = new Variable("INDArray", names.variable());
    List<Variable> fields = new ArrayList<>(List.of(weight));
    int others = random.nextInt(12) == 0 ? 100 + random.nextInt(140) : random.nextInt(4);
    for (int i = 0; i < others && slots(fields) < 253; i++) {
      fields.add(new Variable(type(), others > 50 ? "f" + i : names.variable()));
    }
    Method forward = forward(weight);
    String parent = shape.equals("class") ? "" : api(types, forward);
    String marked = "@Weight" + pick("", "(layout = \"OI\")", "(layout = \"IO\")") + " ";
    String quantizers = quantizers();
    Constructor constructor = constructor(fields);
    if (!mixIn.isEmpty()) {
      types.put(mixIn, mixIn(quantizers, marked, weight, constructor, forward, shape));
      quantizers = "";
      marked = "";
    }
    Method own = mixIn.isEmpty() ? forward : forward.unmarked();
    String head =
        QUIET
            + pick("", "", "@Deprecated ", "@Deprecated(forRemoval = true) ")
            + quantizers
            + pick("", "public ")
            + nesting
            + shape
            + " "
            + layer
            + variables;
    boolean isRecord = shape.equals("record");
    String components =
        fields.stream()
            .map(f -> pick("", "", "@Deprecated ") + f)
            .skip(1)
            .collect(Collectors.joining(", ", "", ")"));
    components = "(" + marked + weight + (fields.size() > 1 ? ", " : "") + components;
    return head
        + (isRecord ? components : "")
        + parent
        + " { "
        + (isRecord ? "" : members(marked, fields, constructor))
        + (parent.isEmpty() ? pick("", "public ", "protected ") : "public ")
        + pick("", "@Deprecated ")
        + own
        + own.body()
        + extra(parent)
        + (forward.result().equals("INDArray") && random.nextInt(3) == 0 ? backward(forward) : "")
        + (hidden ? pick("private", "protected") + " static class Hidden {}" : "")
        + " }";
  }

  /** The parameters and exceptions of a constructor. */
  private record Constructor(String parameters, String thrown) {}

  private Constructor constructor(List<Variable> fields) {
    Variable last = fields.get(fields.size() - 1);
    boolean variable = last.type().endsWith("[]") && random.nextBoolean();
    List<Variable> parameters = new ArrayList<>(fields);
    if (variable) {
      parameters.set(
          fields.size() - 1,
          new Variable(last.type().substring(0, last.type().length() - 2) + "...", last.name()));
    }
    return new Constructor(
        parameters.stream().map(Variable::toString).collect(Collectors.joining(", ", "(", ")")),
        pick("", "", " throws java.io.IOException", " throws Oops, java.lang.RuntimeException"));
  }

  /** Returns the mix-in of a layer whose path stands for LAYER. */
  private String mixIn(
      String quantizers,
      String marked,
      Variable weight,
      Constructor constructor,
      Method forward,
      String shape) {
    boolean repeats = !shape.equals("record") && random.nextBoolean();
    return QUIET
        + quantizers
        + "@QuantizeFor(LAYER.class) abstract class "
        + mixIn
        + " { "
        + marked
        + weight
        + "; "
        + (repeats ? mixIn + constructor.parameters() + " {} " : "")
        + pick("", "public ")
        + "abstract "
        + forward
        + "; }";
  }

  private String members(String marked, List<Variable> fields, Constructor constructor) {
    StringBuilder body = new StringBuilder();
    for (Variable field : fields) {
      String access = pick("private ", "", "protected ", "public ");
      body.append(field.equals(fields.get(0)) ? marked : pick("", "", "@Deprecated "))
          .append(access)
          .append("final ")
          .append(field)
          .append("; ");
      if (access.equals("private ") || random.nextInt(4) == 0) {
        body.append(pick("", "", "@Deprecated ", "@Deprecated(forRemoval = true) "))
            .append(pick("", "public ", "final "))
            .append(field)
            .append("() { return this.")
            .append(field.name())
            .append("; } ");
      }
    }
    body.append(pick("", "public ", "protected ", "@Deprecated "))
        .append(layer)
        .append(constructor.parameters())
        .append(constructor.thrown())
        .append(" { ");
    fields.forEach(f -> body.append("this." + f.name() + " = " + f.name() + "; "));
    return body.append("} ").toString();
  }

  private Method forward(Variable weight) {
    String own = pick("", "", "", "<S> ", "<S extends Gone & java.lang.Runnable> ");
    List<String> parameters = new ArrayList<>();
    String input = random.nextInt(5) == 0 ? weight.name() : names.variable();
    input += input.equals(weight.name()) ? "_" : "";
    parameters.add("@Input" + pick("", "(layout = \"…C\")") + " INDArray " + input);
    int others = random.nextInt(25) == 0 ? 60 : random.nextInt(3);
    for (int i = 0; i < others; i++) {
      String type = own.isEmpty() || random.nextBoolean() ? type() : "java.util.List<S>";
      parameters.add((hidden && random.nextInt(3) == 0 ? "Hidden" : type) + " p" + i);
    }
    int last = parameters.size() - 1;
    if (random.nextBoolean()) {
      parameters.set(last, parameters.get(last).replace("[] p", "... p"));
    }
    return new Method(
        own,
        pick(
            "INDArray",
            "INDArray",
            "INDArray",
            "java.lang.Object",
            "void",
            "int[]",
            hidden ? "Hidden" : "long"),
        "forward",
        parameters,
        pick(
            "",
            "",
            " throws java.io.IOException",
            " throws Oops",
            " throws java.lang.IllegalStateException"));
  }

  private String backward(Method forward) {
    List<String> parameters = new ArrayList<>();
    forward.plain().forEach(p -> parameters.add(p.replace("...", "[]")));
    parameters.add("INDArray gradient");
    Method backward =
        new Method(
            forward.own(),
            "dev.bitfold.layer.Gradients",
            "backward",
            parameters,
            pick("", " throws java.io.IOException"));
    return "public " + backward + backward.body();
  }

  /** Adds an interface that a final class or record implements, which promises less than it. */
  private String api(Map<String, String> types, Method forward) {
    boolean names = forward.parameters().stream().anyMatch(p -> p.startsWith("Hidden "));
    if (names || forward.result().equals("Hidden") || random.nextInt(6) == 0) {
      return "";
    }
    boolean primitive = List.of("void", "long").contains(forward.result());
    Method declared =
        new Method(
            forward.own(),
            primitive || random.nextBoolean() ? forward.result() : "java.lang.Object",
            "forward",
            forward.plain(),
            random.nextBoolean() ? forward.thrown() : " throws java.lang.Exception");
    String other = random.nextBoolean() ? EXTRA : "";
    types.put(
        "Api",
        QUIET
            + pick("", "public ")
            + "interface Api"
            + variables
            + " { "
            + pick("", "@Deprecated ")
            + declared
            + "; "
            + other
            + "default java.util.List<? extends Old> more(Gone... g) { return null; } }");
    extra = !other.isEmpty();
    return " implements Api" + (variables.isEmpty() ? "" : "<T>");
  }

  private String extra(String parent) {
    return !parent.isEmpty() && extra
        ? "public <R extends Old> java.util.List<R> same(java.util.List<R>[] rs, java.util.List"
            + " raw) { return null; } public int hooks() { return 1; } "
        : "";
  }

  private String quantizers() {
    return pick(
            "@Int8 ",
            "@MxFp4 ",
            "@Quantize(bits = 8, name = \"" + names.text() + "\") ",
            "@Quantize(bits = 4) @Quantize(role = Role.INPUT, bits = 8) ",
            "@Quantize(role = Role.INPUT, bits = {4, 3}) ")
        + pick("", "", "@Quantize(role = Role.OUTPUT, bits = 8) ");
  }

  private void model(Map<String, String> types, String path) {
    String model = names.type();
    String variable = random.nextInt(4) == 0 ? names.type() : "";
    List<Variable> components = new ArrayList<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      components.add(
          new Variable(
              pick(
                      "L",
                      "L[]",
                      "java.util.List<L>",
                      "java.util.Optional<L>",
                      "java.util.Map<java.lang.String, L>",
                      "java.util.List<java.util.Map<Old, L[]>>",
                      "@SkipQuantize L",
                      "Old",
                      "long",
                      "java.util.List<java.lang.String>")
                  .replaceAll(
                      "\\bL\\b", (variable.isEmpty() ? path : variable).replace("$", "\\$")),
              names.variable()));
    }
    types.put(
        model,
        QUIET
            + "@QuantizeModel"
            + (mixIn.isEmpty() ? " " : "(mixIns = " + mixIn + ".class) ")
            + pick("", "public ", "@Deprecated ")
            + "record "
            + model
            + (variable.isEmpty() ? "" : "<" + variable + " extends " + path + ">")
            + components.stream()
                .map(Variable::toString)
                .collect(Collectors.joining(", ", "(", ")"))
            + " {}");
  }

  private String type() {
    return variables.isEmpty() || random.nextBoolean() ? pick(TYPES) : pick(GENERIC_TYPES);
  }

  private static int slots(List<Variable> fields) {
    return 1
        + fields.stream()
            .mapToInt(f -> f.type().equals("long") || f.type().equals("double") ? 2 : 1)
            .sum();
  }

  private String pick(String... choices) {
    return pick(List.of(choices));
  }

  private String pick(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
