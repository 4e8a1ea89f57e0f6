package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Quantizes weights to int8 with a scale per output channel, and inputs to int8 with one calibrated
 * scale.
 */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface Int8 {}
