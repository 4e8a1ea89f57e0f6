package dev.bitfold.processor;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Draws names and texts that Java allows but that are rare. No name occurs twice. */
final class RandomNames {
  /** What generated code uses itself, keywords of some contexts, and letters of many kinds. */
  private static final List<String> VARIABLES =
      List.of(
          "hooks",
          "layer",
          "unpacked",
          "rebuilt",
          "walk",
          "model",
          "component",
          "e",
          "x",
          "weight",
          "hookedForward",
          "hookedX",
          "hookedGradient",
          "computed",
          "type_",
          "rebuild",
          "TYPE",
          "COMPONENT",
          "record",
          "var",
          "yield",
          "sealed",
          "permits",
          "module",
          "with",
          "when",
          "open",
          "exports",
          "to",
          "opens",
          "requires",
          "transitive",
          "provides",
          "uses",
          "java",
          "dev",
          "org",
          "bitfold",
          "T",
          "вес",
          "重み",
          "ñandú",
          "_x",
          "__",
          "$",
          "w$1",
          "µ",
          "ſ",
          "ı",
          "ª",
          "a\u0301",
          "x\u0660",
          "\u203Fx",
          "€",
          "\uD835\uDCCC",
          "\u2160i",
          "hooks_",
          "forward",
          "backward",
          "toString_",
          "file",
          "of",
          "load",
          "DENSE",
          "x\u200C");

  private static final List<String> TYPES =
      List.of(
          "Linear",
          "Слой",
          "日本",
          "Ñandú",
          "\uD835\uDC9Clpha",
          "L$x",
          "L$1", // Nested, its binary name is that of a class in a method.
          "$Dense",
          "$",
          "_L",
          "Quantized",
          "Dense_Net",
          "QuantizedQuantized",
          "LayerType",
          "Component",
          "Walk",
          "Plan",
          "QuantDescriptor",
          "ArrayHooks",
          "GraphHooks",
          "HookedLayer",
          "Generated",
          "GeneratedLayer",
          "BlockSize",
          "Recipe",
          "Path",
          "Optional",
          "Throwable",
          "RuntimeException",
          "Error",
          "IllegalStateException",
          "Override",
          "SuppressWarnings",
          "Object",
          "String",
          "Exception",
          "Class",
          "Integer",
          "record1",
          "İstanbul",
          "Module",
          "Var",
          "Dev",
          "Java",
          "Gradients_",
          "Hooks",
          "layer",
          "hooks",
          "walk");

  private static final List<String> TEXTS =
      List.of(
          "a",
          "$L $S $T $N $$ $W $Z",
          "%s %d {0} ${x}",
          "*/ // /*",
          "\\\"\\n\\r\\t\\\\",
          "\\u2028",
          "\u2028\u2029",
          "\\u0000",
          "\\uD800",
          "é\u202e",
          "\\\\u0041",
          "\\s",
          "\\177",
          "\u0085",
          "{@link X} @param <b>&amp;");

  private final Random random;
  private final Set<String> taken = new HashSet<>();

  RandomNames(Random random) {
    this.random = random;
  }

  /** Forgets what was drawn, but for some names. */
  void restart(String... used) {
    taken.clear();
    taken.addAll(List.of(used));
  }

  String variable() {
    return unused(VARIABLES);
  }

  String type() {
    return unused(TYPES);
  }

  /** Returns the inside of a string literal; some are too long for a constant of a class file. */
  String text() {
    return switch (random.nextInt(12)) {
      case 0 -> "n".repeat(40_000);
      case 1 -> "я".repeat(30_000);
      default -> TEXTS.get(random.nextInt(TEXTS.size()));
    };
  }

  private String unused(List<String> names) {
    String name = names.get(random.nextInt(names.size()));
    while (!taken.add(name)) {
      name += random.nextInt(10);
    }
    return name;
  }
}
