package dev.bitfold.onnx.proof;

/**
 * Describes a place where the reference is cut. The value before the cut is compared. After the
 * cut, the reference continues with the value of the exported file. Therefore, no difference is
 * carried from one layer to the next.
 *
 * @param layer the path of the layer
 * @param node the node that computes it
 * @param output whether the layer's output is cut; otherwise, it is its input
 * @param value the value of the float graph; if it is an output, the exported file keeps its name
 * @param before the value of the reference that is compared
 * @param behind the input of the reference that receives the exported file's value
 * @param activation the operation between the two
 */
record Cut(
    String layer,
    String node,
    boolean output,
    String value,
    String before,
    String behind,
    Activation activation) {}
