package dev.bitfold.layer;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks generated code with the version of the agreement between it and the runtime, so that a
 * model is not built on layers that another version wrapped.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface GeneratedLayer {
  /** The version that this runtime knows. */
  int CURRENT = 3;

  /** The version that the code was generated for. */
  int version();
}
