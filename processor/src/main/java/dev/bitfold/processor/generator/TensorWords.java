package dev.bitfold.processor.generator;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.TensorModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says in Javadoc how a layer is quantized. */
final class TensorWords {
  private static final String MARKUP = "&<>@{}\\*";

  private TensorWords() {}

  /** One item for each tensor. */
  static CodeBlock javadoc(LayerModel layer) {
    CodeBlock.Builder doc = CodeBlock.builder();
    layer.recipe().ifPresent(recipe -> doc.add("\n<p>Recipe {@link $L}.\n", link(layer, recipe)));
    List<String> items = new ArrayList<>();
    layer.tensors().forEach(tensor -> items.add(item(tensor)));
    layer.inputs().forEach(tensor -> items.add(item(tensor)));
    layer
        .output()
        .ifPresent(descriptor -> items.add("{@code output}: " + text(descriptor.toString())));
    if (!layer.alpha().isOff()) {
      items.add("SmoothQuant: alpha " + layer.alpha());
    }
    if (!items.isEmpty()) {
      doc.add("\n<ul>\n");
      items.forEach(item -> doc.add("  <li>$L\n", item));
      doc.add("</ul>\n");
    }
    return doc.build();
  }

  /** Not by an import: compilers that leave out Javadoc would warn that nothing uses it. */
  private static String link(LayerModel layer, ClassName recipe) {
    return recipe.packageName().equals(layer.subject().type().packageName())
        ? String.join(".", recipe.simpleNames())
        : recipe.canonicalName();
  }

  private static String item(TensorModel tensor) {
    String layout =
        tensor.layout().isUnknown() ? "" : ", layout " + ascii(tensor.layout().letters());
    String name = tensor.name() + (tensor.several() ? "[i]" : "");
    return "{@code " + name + "}" + layout + ": " + words(tensor.descriptor());
  }

  private static String words(Optional<QuantDescriptor> descriptor) {
    return descriptor.map(d -> text(d.toString())).orElse("float");
  }

  /** Text of the user's that means nothing to Javadoc or to the compiler, in plain ASCII. */
  private static String text(String written) {
    StringBuilder text = new StringBuilder();
    written
        .codePoints()
        .forEach(
            c -> {
              if (c < ' ') {
                text.append(' ');
              } else if (c > '~' || MARKUP.indexOf(c) >= 0) {
                text.append("&#").append(c).append(';');
              } else {
                text.appendCodePoint(c);
              }
            });
    return text.toString();
  }

  /** Layouts in plain ASCII, whatever the encoding of the user's sources. */
  static String ascii(String layout) {
    return layout.replace("…", "...");
  }
}
