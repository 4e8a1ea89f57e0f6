package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Recipe: int8 weights with a scale per output channel, int8 inputs with one calibrated scale. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface Int8 {}
