package dev.bitfold.annotations;

import java.lang.annotation.Annotation;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Quantizes some layers of an ONNX file otherwise than the interface with {@link QuantizeOnnx} on
 * which it stands. If several are for a layer, the last one decides. What it does not say is as on
 * the interface.
 *
 * <p>Nodes that read one value in the same way, such as query, key and value, are one layer: name
 * all of them, or none.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Repeatable(Nodes.List.class)
@Target({ElementType.TYPE})
public @interface Nodes {
  /**
   * Returns names of nodes, or patterns of names: {@code *} stands for any characters but a dot,
   * {@code **} between dots for any number of names, as in {@code plan.skip}. Each matches a node
   * of the file. A node without a name has that of its first output.
   */
  String[] value();

  /** Returns whether the layers stay float. Default: {@code false}. */
  boolean skip() default false;

  /**
   * Returns a recipe that the layers follow: an annotation with {@link Quantize}s, such as {@link
   * Int8}. A role that it leaves out stays float. Default: what stands on the interface.
   */
  Class<? extends Annotation> recipe() default Annotation.class;

  /** Returns descriptors, one for each role at most. Default: none. */
  Quantize[] quantize() default {};

  /** Returns how the layers are smoothed; one element at most. Default: none. */
  SmoothQuant[] smoothQuant() default {};

  /** Holds repeated {@link Nodes} annotations. */
  @Documented
  @Retention(RetentionPolicy.CLASS)
  @Target({ElementType.TYPE})
  @interface List {
    /** Returns the repeated annotations. */
    Nodes[] value();
  }
}
