package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Quantizes weights to int4 in blocks of 32 along the input channels. Inputs stay float. */
@Quantize(bits = 4, blockSizes = @Block(along = "I", size = 32))
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface Int4Block32 {}
