package dev.bitfold.processor.model;

import com.palantir.javapoet.TypeName;
import java.util.List;

/** What stands in for a layer in a quantized model. */
public sealed interface LayerShape {
  /** A final subclass: of an open class. */
  record Subclass() implements LayerShape {}

  /**
   * A wrapper that implements the interfaces of a final class or record.
   *
   * @param interfaces what it implements
   * @param methods what it delegates, the hooked forward left out
   */
  record Wrapper(List<TypeName> interfaces, List<MethodModel> methods) implements LayerShape {}

  /** The same final class or record with other weights: nothing else is quantized. */
  record Rebuilt() implements LayerShape {}
}
