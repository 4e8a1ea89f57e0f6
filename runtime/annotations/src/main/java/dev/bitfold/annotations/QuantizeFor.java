package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a mix-in: an interface or abstract class that carries the annotations of a class which
 * cannot be annotated itself, such as one of another jar.
 *
 * <p>The members of a mix-in repeat members of the class by name and type, and carry the
 * annotations that would stand on those. A method without parameters stands for the method of that
 * name, or otherwise for the field; a constructor stands for the constructor with the same
 * parameter types. Parameters are named as in the mix-in. Bodies are not used. What the mix-in does
 * not repeat has no annotation.
 *
 * <p>A mix-in {@code M} of a layer class gives {@code QuantizedM} in the package of the mix-in.
 * With {@link QuantizeModel} on it, it is the mix-in of a model class and gives {@code MQuantizer}.
 * A model uses the mix-ins that its {@link QuantizeModel#mixIns} lists.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE})
public @interface QuantizeFor {
  /** Returns the class or record that the annotations are meant for. */
  Class<?> value();
}
