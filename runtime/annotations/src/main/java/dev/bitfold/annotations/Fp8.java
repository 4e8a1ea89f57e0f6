package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Quantizes weights and inputs to E4M3 with one scale per tensor; the inputs' are calibrated. */
@Quantize(bits = {4, 3})
@Quantize(
    role = Role.INPUT,
    bits = {4, 3})
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface Fp8 {}
