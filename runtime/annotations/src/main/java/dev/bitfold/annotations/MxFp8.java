package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Quantizes weights and inputs to OCP MXFP8: E4M3, blocks of 32 with a power-of-two scale. */
@Quantize(
    bits = {4, 3},
    blockSizes = @Block(along = "I", size = 32),
    dynamic = true,
    scaleBits = {8, 0})
@Quantize(
    role = Role.INPUT,
    bits = {4, 3},
    blockSizes = @Block(along = "C", size = 32),
    dynamic = true,
    scaleBits = {8, 0})
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface MxFp8 {}
