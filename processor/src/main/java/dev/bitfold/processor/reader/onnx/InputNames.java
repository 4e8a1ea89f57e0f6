package dev.bitfold.processor.reader.onnx;

import dev.bitfold.internal.graph.OnnxInput;
import dev.bitfold.processor.model.OnnxFileModel;
import dev.bitfold.processor.onnx.ElementTypes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.lang.model.SourceVersion;

/** Names the methods that set a file's inputs: {@code input_ids} is set by {@code inputIds}. */
final class InputNames {
  /** The names of the methods that every such class has. */
  private static final Set<String> TAKEN =
      Set.of(
          "batch",
          "clone",
          "equals",
          "finalize",
          "getClass",
          "hashCode",
          "notify",
          "notifyAll",
          "toString",
          "wait");

  private InputNames() {}

  static List<OnnxFileModel.Input> of(List<OnnxInput> inputs) {
    Set<String> taken = new HashSet<>(TAKEN);
    List<OnnxFileModel.Input> named = new ArrayList<>();
    for (OnnxInput input : inputs) {
      String base = camel(input.name());
      String method = base;
      for (int i = 2; !taken.add(method); i++) {
        method = base + "_" + i;
      }
      named.add(new OnnxFileModel.Input(input.name(), method, words(input)));
    }
    return named;
  }

  /** Returns letters and digits of a name, in which each word but the first is capitalized. */
  private static String camel(String name) {
    StringBuilder camel = new StringBuilder();
    for (String word : name.split("[^A-Za-z0-9]+", -1)) {
      if (!word.isEmpty()) {
        boolean shouts = word.equals(word.toUpperCase(Locale.ROOT));
        String rest = word.substring(1);
        String first = word.substring(0, 1);
        camel
            .append(
                camel.isEmpty() ? first.toLowerCase(Locale.ROOT) : first.toUpperCase(Locale.ROOT))
            .append(shouts ? rest.toLowerCase(Locale.ROOT) : rest);
      }
    }
    boolean starts = !camel.isEmpty() && Character.isJavaIdentifierStart(camel.charAt(0));
    String method = starts ? camel.toString() : "input" + camel;
    return SourceVersion.isKeyword(method) ? method + "_" : method;
  }

  private static String words(OnnxInput input) {
    return input.type() == 0
        ? ""
        : ElementTypes.name(input.type()) + " [" + String.join(", ", input.shape()) + "]";
  }
}
