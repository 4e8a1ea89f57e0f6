/**
 * A LeNet whose weights and inputs have 8 to 2 bits. {@code Main} runs it; {@code LeNet}, {@code
 * Conv2d} and {@code Linear} are what a user writes; {@code Experiment} is what a user does with
 * them.
 */
package dev.bitfold.examples.digits;
