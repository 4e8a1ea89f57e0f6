package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.blas.MatrixProducts.Multiplier;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.KeptConstants;
import dev.bitfold.cuda.launch.Lane;

/**
 * Holds what one pass through a model works with.
 *
 * @param lane the lane in which the pass runs
 * @param products the matrix products
 * @param constants the constants of the quantizers, which are sent once
 * @param scratch memory for the quantized input of any layer
 */
record Pass(Lane lane, Multiplier products, KeptConstants constants, DevicePointer scratch) {}
