package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Quantizes weights and inputs to NVIDIA NVFP4: E2M1, blocks of 16 with an E4M3 scale under one
 * float32 scale per tensor. The inputs' global scale is calibrated.
 */
@Quantize(
    bits = {2, 1},
    blockSizes = @Block(along = "I", size = 16),
    dynamic = true,
    scaleBits = {4, 3})
@Quantize(
    role = Role.INPUT,
    bits = {2, 1},
    blockSizes = @Block(along = "C", size = 16),
    dynamic = true,
    scaleBits = {4, 3})
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface NvFp4 {}
