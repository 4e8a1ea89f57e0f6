package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Quantizes as {@link Int8} does, with {@link SmoothQuant} whose alpha is searched. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@SmoothQuant
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface Int8SmoothQuant {}
