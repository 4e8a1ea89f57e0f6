package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Lists the layer classes that a component may have if its type is an open interface or an abstract
 * class. Stands on the component, or on that type. A sealed type does not need it.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT,
  ElementType.TYPE
})
public @interface Implementations {
  /** Returns annotated layer classes. A component of any other class is refused at run time. */
  Class<?>[] value();
}
