package dev.bitfold.layer;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks generated code with the version of its contract with the runtime, so that a model does not
 * use wrappers of another version.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface GeneratedLayer {
  /** The version of this runtime. */
  int CURRENT = 3;

  /** Returns the version that the code was generated for. */
  int version();
}
