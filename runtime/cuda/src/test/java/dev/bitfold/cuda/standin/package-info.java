/**
 * The stand-in for NVIDIA's driver, on which the kernels are tested without a device: the kernels'
 * own sources compiled by g++.
 */
@NullMarked
package dev.bitfold.cuda.standin;

import org.jspecify.annotations.NullMarked;
