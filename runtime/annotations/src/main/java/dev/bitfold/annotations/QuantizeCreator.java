package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the constructor that rebuilds a layer or a model. Each parameter takes the value of the
 * field or accessor of the same name. Records do not need it, nor do classes in which only one
 * constructor fits.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.CONSTRUCTOR})
public @interface QuantizeCreator {}
