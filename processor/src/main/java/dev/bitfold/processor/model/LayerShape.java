package dev.bitfold.processor.model;

import com.palantir.javapoet.TypeName;
import java.util.List;

/** Describes the replacement of a layer in a quantized model. */
public sealed interface LayerShape {
  /** A final subclass of an open class. */
  record Subclass() implements LayerShape {}

  /**
   * A wrapper that implements the interfaces of a final class or record.
   *
   * @param interfaces the interfaces that it implements
   * @param methods the methods that it delegates, without the hooked forward
   */
  record Wrapper(List<TypeName> interfaces, List<MethodModel> methods) implements LayerShape {}

  /** The same final class or record with other weights, because nothing else is quantized. */
  record Rebuilt() implements LayerShape {}
}
