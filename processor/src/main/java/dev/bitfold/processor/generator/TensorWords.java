package dev.bitfold.processor.generator;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.TensorModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Describes in Javadoc how a layer is quantized. */
final class TensorWords {
  private static final String MARKUP = "&<>@{}\\*";

  private TensorWords() {}

  /** Returns a list with one item for each tensor. */
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

  /**
   * Returns a link without an import, because compilers that ignore Javadoc would report the import
   * as unused.
   */
  private static String link(LayerModel layer, ClassName recipe) {
    return recipe.packageName().equals(layer.subject().generated().packageName())
        ? String.join(".", recipe.simpleNames())
        : recipe.canonicalName();
  }

  private static String item(TensorModel tensor) {
    String layout =
        tensor.layout().isUnknown() ? "" : ", layout " + ascii(tensor.layout().letters());
    String name = tensor.name() + (tensor.several() ? "[i]" : "");
    return "{@code "
        + name
        + "}"
        + layout
        + ": "
        + words(tensor.descriptor())
        + (tensor.codes() ? ", as codes" : "");
  }

  private static String words(Optional<QuantDescriptor> descriptor) {
    return descriptor.map(d -> text(d.toString())).orElse("float");
  }

  /** Returns the user's text in plain ASCII, escaped for Javadoc and the compiler. */
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

  /**
   * Returns a layout in plain ASCII, so that the encoding of the user's sources does not matter.
   */
  static String ascii(String layout) {
    return layout.replace("…", "...");
  }
}
