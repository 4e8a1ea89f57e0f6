/**
 * Calibration on a cluster: Apache Spark runs the passes over the data. A user writes {@link
 * dev.bitfold.spark.SparkPasses}; the rest travels to executors. Imports the runtime and Spark.
 */
@NullMarked
package dev.bitfold.spark;

import org.jspecify.annotations.NullMarked;
