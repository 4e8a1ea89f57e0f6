package dev.bitfold.samediff;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.storage.DescriptorJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Describes one quantizer of a graph. The graph holds the description as a constant of text, so it
 * is saved with the graph.
 *
 * @param input the name of the variable that is quantized
 * @param weight whether the variable is trainable or a constant, and so its own calibration data
 * @param layout the layout of the variable
 * @param descriptor how the variable is quantized
 * @param owner the variable whose quantizer has the scale: mostly {@code input} itself
 */
record GraphQuantizer(
    String input, boolean weight, Layout layout, QuantDescriptor descriptor, String owner) {
  private static final String SUFFIX = "_quantized";
  private static final String TEXT = SUFFIX + "/descriptor";

  static GraphQuantizer of(SDVariable x, Layout layout, QuantDescriptor descriptor) {
    boolean weight =
        x.getVariableType() == VariableType.VARIABLE
            || x.getVariableType() == VariableType.CONSTANT;
    return new GraphQuantizer(x.name(), weight, layout, descriptor, x.name());
  }

  /** Returns this quantizer for another variable, with the scale of this quantizer. */
  GraphQuantizer sharedBy(SDVariable x) {
    return new GraphQuantizer(x.name(), weight, layout, descriptor, owner);
  }

  /** Returns this quantizer for a variable of another name. */
  GraphQuantizer named(String name) {
    return new GraphQuantizer(name, weight, layout, descriptor, name);
  }

  /** Returns whether this quantizer has a scale of its own. */
  boolean ownsScale() {
    return owner.equals(input);
  }

  /** Returns the quantizer of a variable; empty if the variable is not quantized. */
  static Optional<GraphQuantizer> find(SameDiff graph, String input) {
    return graph.hasVariable(input + TEXT)
        ? Optional.of(read(graph, graph.getVariable(input + TEXT)))
        : Optional.empty();
  }

  /** Returns whether this quantizer has the layout and descriptor of another one. */
  boolean isAs(GraphQuantizer other) {
    return layout.equals(other.layout) && descriptor.equals(other.descriptor);
  }

  /** Returns all quantizers of a graph, in its order. */
  static List<GraphQuantizer> in(SameDiff graph) {
    List<GraphQuantizer> found = new ArrayList<>();
    for (SDVariable variable : graph.variables()) {
      if (variable.name().endsWith(TEXT)) {
        found.add(read(graph, variable));
      }
    }
    return found;
  }

  private static GraphQuantizer read(SameDiff graph, SDVariable text) {
    String name = text.name();
    String[] lines = new String(bytes(text.getArr()), StandardCharsets.UTF_8).split("\n", -1);
    if (lines.length < 2 || lines.length > 3) {
      throw new IllegalArgumentException("variable " + name + " holds no descriptor");
    }
    SDVariable x = graph.getVariable(name.substring(0, name.length() - TEXT.length()));
    GraphQuantizer own = of(x, new Layout(lines[0]), DescriptorJson.read(lines[1]));
    return lines.length == 2
        ? own
        : new GraphQuantizer(own.input, own.weight, own.layout, own.descriptor, lines[2]);
  }

  private static byte[] bytes(INDArray array) {
    byte[] bytes = new byte[(int) array.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) array.getInt(i);
    }
    return bytes;
  }

  /** Writes this description into the graph. */
  void write(SameDiff graph) {
    String text = layout.letters() + "\n" + DescriptorJson.write(descriptor);
    if (!ownsScale()) {
      text += "\n" + owner;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    graph.constant(input + TEXT, Nd4j.createFromArray(bytes));
  }

  /** Returns the name of the variable that holds the quantized values. */
  String output() {
    return input + SUFFIX;
  }

  String amax() {
    return owner + SUFFIX + "/amax";
  }

  String min() {
    return owner + SUFFIX + "/min";
  }

  String max() {
    return owner + SUFFIX + "/max";
  }

  /** Returns whether amax is a trainable variable. */
  boolean learned() {
    return descriptor.learnAmax() || descriptor.ste() == Ste.LSQ || descriptor.ste() == Ste.PACT;
  }

  /** Returns whether the scale is computed from the values each time, as in eager training. */
  boolean follows() {
    return descriptor.dynamic()
        || (weight && descriptor.calib() == Calib.MAX && descriptor.amax().isEmpty() && !learned());
  }

  /** Returns whether the scale comes from calibration data. */
  boolean calibrated() {
    return !follows() && descriptor.amax().isEmpty();
  }

  @Override
  public String toString() {
    return "variable " + input + " (" + descriptor + ")";
  }
}
