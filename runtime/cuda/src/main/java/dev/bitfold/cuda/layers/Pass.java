package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.blas.MatrixProducts.Multiplier;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.launch.KeptConstants;
import dev.bitfold.cuda.launch.Lane;

/**
 * One pass through a model.
 *
 * @param lane in which it runs
 * @param products its matrix products
 * @param constants what its quantizers have sent already
 * @param scratch memory for a quantized input of any of the layers
 */
record Pass(Lane lane, Multiplier products, KeptConstants constants, DevicePointer scratch) {}
