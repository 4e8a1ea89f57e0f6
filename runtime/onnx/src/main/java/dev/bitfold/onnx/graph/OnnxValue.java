package dev.bitfold.onnx.graph;

import dev.bitfold.layers.Window;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import onnx.Onnx.AttributeProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Represents a value of an {@link OnnxGraph}. Each method adds a step that reads the value, and
 * returns the step's result. Any number of steps may read a value. Open sizes are -1. Every method
 * throws {@link OnnxException} if a step does not accept the value; the message names layer, value
 * and shape. For one thread.
 */
public final class OnnxValue {
  private final OnnxGraph graph;
  private final String name;
  private final boolean integers;
  private final long[] shape;

  OnnxValue(OnnxGraph graph, String name, boolean integers, long... shape) {
    this.graph = graph;
    this.name = name;
    this.integers = integers;
    this.shape = shape.clone();
  }

  String name() {
    return name;
  }

  boolean isIntegers() {
    return integers;
  }

  /** Returns the shape. Open sizes are -1. */
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the name and the shape. */
  @Override
  public String toString() {
    return name + " " + Arrays.toString(shape);
  }

  OnnxValue next(String value, long... sizes) {
    return new OnnxValue(graph, value, integers, sizes);
  }

  OnnxValue floats(String value, long... sizes) {
    return new OnnxValue(graph, value, false, sizes);
  }

  /**
   * Adds a ready-made layer of the float model.
   *
   * @param path the path in the model, as {@code plan.summary()} prints it. The same path with the
   *     same layer is another call of that layer
   * @param layer a layer of bitfold-layers: Linear, Embedding, Conv1d, Conv2d, their ChannelsLast
   *     forms, LayerNorm, RMSNorm, BatchNorm
   */
  public OnnxValue layer(String path, Object layer) {
    return graph.layers().layer(path, Objects.requireNonNull(layer, path), this);
  }

  /**
   * Adds {@code x · weightᵀ + bias}, for a layer of the user's own.
   *
   * @param weight [out, in]
   * @param bias [out], or null for none
   */
  public OnnxValue linear(String path, INDArray weight, @Nullable INDArray bias) {
    return graph.layers().linear(path, weight, bias, this);
  }

  /**
   * Adds a convolution, channels first, for a layer of the user's own.
   *
   * @param weight [out, in / groups, kernel...]
   * @param bias [out], or null for none
   * @param windows the movement of the kernel along each axis behind the channels
   */
  public OnnxValue convolution(
      String path, INDArray weight, @Nullable INDArray bias, int groups, Window... windows) {
    return graph.layers().convolution(path, weight, bias, groups, this, windows);
  }

  /**
   * Adds a look-up of rows by these indices, for a layer of the user's own.
   *
   * @param table [indices, channels]
   */
  public OnnxValue embedding(String path, INDArray table) {
    return graph.layers().embedding(path, table, this);
  }

  /** Adds max(x, 0). */
  public OnnxValue relu() {
    return each("Relu");
  }

  /** Adds x if it is positive, and slope · x otherwise. */
  public OnnxValue leakyRelu(double slope) {
    return each("LeakyRelu", Attributes.number("alpha", slope));
  }

  /** Adds 1 / (1 + exp(-x)). */
  public OnnxValue sigmoid() {
    return each("Sigmoid");
  }

  /** Adds the hyperbolic tangent. */
  public OnnxValue tanh() {
    return each("Tanh");
  }

  /** Adds the error function. */
  public OnnxValue erf() {
    return each("Erf");
  }

  /** Adds x · sigmoid(x), also called Swish. */
  public OnnxValue silu() {
    return multiply(sigmoid());
  }

  /**
   * Adds the exact GELU, {@code x / 2 · (1 + erf(x / √2))}. ND4J's own gelu is an approximation,
   * {@code x · sigmoid(1.702 x)}: {@code x.multiply(x.multiply(1.702).sigmoid())}.
   */
  public OnnxValue gelu() {
    OnnxValue root = graph.number(Math.sqrt(2));
    OnnxValue inner = binary("Div", root).erf().add(1);
    return multiply(inner).multiply(0.5);
  }

  /** Adds min(max(x, low), high). */
  public OnnxValue clip(double low, double high) {
    List<String> reads = List.of(name, graph.number(low).name(), graph.number(high).name());
    return next(graph.steps().node("Clip", "/Clip", reads), shape);
  }

  /** Adds softmax along an axis, negative from the end. */
  public OnnxValue softmax(int axis) {
    return each("Softmax", Attributes.integer("axis", axis(axis)));
  }

  /** Adds a sum of two values, whose shapes broadcast as ND4J's and NumPy's do. */
  public OnnxValue add(OnnxValue other) {
    return binary("Add", other);
  }

  /** Adds a number to each element. */
  public OnnxValue add(double number) {
    return add(graph.number(number));
  }

  /** Adds a difference of two values, which broadcast. */
  public OnnxValue subtract(OnnxValue other) {
    return binary("Sub", other);
  }

  /** Adds a product of two values, element by element, which broadcast. */
  public OnnxValue multiply(OnnxValue other) {
    return binary("Mul", other);
  }

  /** Multiplies each element by a number. */
  public OnnxValue multiply(double number) {
    return multiply(graph.number(number));
  }

  /** Adds a quotient of two values, which broadcast. */
  public OnnxValue divide(OnnxValue other) {
    return binary("Div", other);
  }

  /** Adds a product of matrices, the last two axes of both; the axes before them broadcast. */
  public OnnxValue matMul(OnnxValue other) {
    requireFloats("MatMul");
    other.requireFloats("MatMul");
    long[] a = shape;
    long[] b = other.shape;
    if (a.length < 2 || b.length < 2 || !Sizes.agree(a[a.length - 1], b[b.length - 2])) {
      throw graph.steps().bad("MatMul does not take " + this + " by " + other);
    }
    long[] sizes =
        Sizes.broadcast(Arrays.copyOf(a, a.length - 2), Arrays.copyOf(b, b.length - 2))
            .orElseThrow(() -> graph.steps().bad("MatMul does not take " + this + " by " + other));
    long[] product = Arrays.copyOf(sizes, sizes.length + 2);
    product[sizes.length] = a[a.length - 2];
    product[sizes.length + 1] = b[b.length - 1];
    return next(graph.steps().node("MatMul", "/MatMul", List.of(name, other.name)), product);
  }

  /**
   * Adds the concatenation of this value and others along an axis; negative axes count from the
   * end.
   */
  public OnnxValue concat(int axis, OnnxValue... others) {
    int along = axis(axis);
    long[] sizes = shape.clone();
    List<String> reads = new ArrayList<>(List.of(name));
    for (OnnxValue other : others) {
      boolean fits = other.shape.length == shape.length && other.integers == integers;
      for (int a = 0; fits && a < shape.length; a++) {
        fits = a == along || Sizes.agree(shape[a], other.shape[a]);
      }
      if (!fits) {
        throw graph
            .steps()
            .bad("Concat along " + axis + " does not take " + this + " and " + other);
      }
      boolean open = sizes[along] == Sizes.OPEN || other.shape[along] == Sizes.OPEN;
      sizes[along] = open ? Sizes.OPEN : sizes[along] + other.shape[along];
      reads.add(other.name);
    }
    return next(
        graph.steps().node("Concat", "/Concat", reads, Attributes.integer("axis", along)), sizes);
  }

  /**
   * Adds another shape of the same elements.
   *
   * @param sizes the new sizes; 0 keeps the size of that axis, and one -1 takes what is left
   */
  public OnnxValue reshape(long... sizes) {
    long[] result =
        Sizes.reshaped(shape, sizes)
            .orElseThrow(
                () -> graph.steps().bad("Reshape of " + this + " to " + Arrays.toString(sizes)));
    String to = graph.steps().constant(Tensors.of(graph.steps().fresh("shape"), sizes));
    return next(graph.steps().node("Reshape", "/Reshape", List.of(name, to)), result);
  }

  /** Joins all axes behind the first. */
  public OnnxValue flatten() {
    if (shape.length < 2) {
      throw graph.steps().bad("Flatten does not take " + this);
    }
    long rest = Sizes.product(Arrays.copyOfRange(shape, 1, shape.length));
    String y =
        graph.steps().node("Flatten", "/Flatten", List.of(name), Attributes.integer("axis", 1));
    return next(y, shape[0], rest);
  }

  /**
   * Adds the same value with its axes in another order.
   *
   * @param axes the axes of this value, each once
   */
  public OnnxValue transpose(int... axes) {
    int[] sorted = axes.clone();
    Arrays.sort(sorted);
    if (!Arrays.equals(sorted, IntStream.range(0, shape.length).toArray())) {
      throw graph.steps().bad("Transpose of " + this + " by " + Arrays.toString(axes));
    }
    long[] order = Arrays.stream(axes).asLongStream().toArray();
    String y =
        graph
            .steps()
            .node("Transpose", "/Transpose", List.of(name), Attributes.integers("perm", order));
    return next(y, Sizes.permuted(shape, axes));
  }

  /** Adds the mean along an axis, which is removed; negative axes count from the end. */
  public OnnxValue mean(int axis) {
    requireFloats("ReduceMean");
    int along = axis(axis);
    String y =
        graph
            .steps()
            .node(
                "ReduceMean",
                "/ReduceMean",
                List.of(name),
                Attributes.integers("axes", along),
                Attributes.integer("keepdims", 0));
    long[] rest =
        IntStream.range(0, shape.length).filter(a -> a != along).mapToLong(a -> shape[a]).toArray();
    return next(y, rest);
  }

  /**
   * Adds the largest value of each window, channels first.
   *
   * @param kernel the size of the window along every axis behind the channels
   */
  public OnnxValue maxPool(int kernel, Window window) {
    return pool("MaxPool", kernel, window);
  }

  /** Adds the mean of each window, channels first. Windows do not extend beyond the edge. */
  public OnnxValue averagePool(int kernel, int stride) {
    return pool("AveragePool", kernel, Window.UNIT.withStride(stride));
  }

  /**
   * Adds the mean of each channel, channels first. The axes behind the channels then have size 1.
   */
  public OnnxValue globalAveragePool() {
    requireImage("GlobalAveragePool");
    long[] sizes = shape.clone();
    Arrays.fill(sizes, 2, sizes.length, 1);
    return each("GlobalAveragePool").next(sizes);
  }

  private OnnxValue next(long[] sizes) {
    return next(name, sizes);
  }

  private OnnxValue pool(String operation, int kernel, Window window) {
    requireImage(operation);
    int axes = shape.length - 2;
    long[] sizes = shape.clone();
    for (int axis = 2; axis < sizes.length; axis++) {
      sizes[axis] = Sizes.outputs(shape[axis], kernel, window);
      if (kernel < 1 || sizes[axis] == 0) {
        throw graph.steps().bad(operation + " of " + kernel + " does not fit into " + this);
      }
    }
    List<AttributeProto> attributes =
        new ArrayList<>(
            List.of(
                Attributes.integers("kernel_shape", repeated(axes, kernel)),
                Attributes.integers("strides", repeated(axes, window.stride())),
                Attributes.integers("pads", repeated(2 * axes, window.padding()))));
    if (window.dilation() > 1) {
      attributes.add(Attributes.integers("dilations", repeated(axes, window.dilation())));
    }
    String y =
        graph
            .steps()
            .node(
                operation,
                "/" + operation,
                List.of(name),
                attributes.toArray(AttributeProto[]::new));
    return next(y, sizes);
  }

  private static long[] repeated(int count, long value) {
    long[] all = new long[count];
    Arrays.fill(all, value);
    return all;
  }

  private OnnxValue each(String operation, AttributeProto... attributes) {
    requireFloats(operation);
    return next(graph.steps().node(operation, "/" + operation, List.of(name), attributes), shape);
  }

  private OnnxValue binary(String operation, OnnxValue other) {
    requireFloats(operation);
    other.requireFloats(operation);
    long[] sizes =
        Sizes.broadcast(shape, other.shape)
            .orElseThrow(
                () -> graph.steps().bad(operation + " does not take " + this + " and " + other));
    return next(graph.steps().node(operation, "/" + operation, List.of(name, other.name)), sizes);
  }

  private int axis(int axis) {
    if (axis < -shape.length || axis >= shape.length) {
      throw graph.steps().bad("has no axis " + axis + " in " + this);
    }
    return Math.floorMod(axis, shape.length);
  }

  private void requireFloats(String operation) {
    if (integers) {
      throw graph.steps().bad(operation + " takes floats, and " + this + " holds integers");
    }
  }

  private void requireImage(String operation) {
    requireFloats(operation);
    if (shape.length < 3) {
      throw graph.steps().bad(operation + " takes [n, channels, ...], not " + this);
    }
  }
}
