package dev.bitfold.onnx.proof;

/**
 * A place where the reference is cut: what comes from before it is compared, and what goes on
 * behind it is what the exported file has there. So no difference is carried from one layer into
 * the next.
 *
 * @param layer the path of the layer
 * @param node the node that computes it
 * @param output whether the layer's output is cut, not its input
 * @param value of the float graph, whose name the exported one keeps if it is an output
 * @param before the value of the reference that is compared
 * @param behind the input of the reference that gets what the exported file has
 * @param activation what happens between the two
 */
record Cut(
    String layer,
    String node,
    boolean output,
    String value,
    String before,
    String behind,
    Activation activation) {}
