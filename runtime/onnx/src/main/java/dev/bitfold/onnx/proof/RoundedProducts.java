package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Measures what the accuracy level of MatMulNBits changes, after the file was proved without it.
 *
 * <p>With level 4, ONNX Runtime rounds each block of an input to integers of at most 127 times its
 * scale, {@code amax / 127}. Each number is off by half of the scale at most, so that an output is
 * off by at most {@code sum over blocks of amax(block) / 254 * sum of |w| of the block}. Each
 * product runs beside itself without the level, on the same input, and must keep that bound. What
 * all products together change is measured at the outputs of the file, without a bound; also
 * without ONNX Runtime's optimizer, as ONNX Runtime 1.29 then ignores scales that are not
 * constants.
 */
final class RoundedProducts {
  /** Half of a step of 127, and the rounding of float32 sums. */
  private static final double SHARE = 1.0 / 254 + 0x1p-18;

  /** The least number of rows of an input that are compared, spread over all. */
  private static final int ROWS = 256;

  private final OnnxFile written;
  private final Graph graph;
  private final ModelProto exact;
  private final Settings settings;
  private final Faults faults;
  private final Map<String, double[]> sums = new HashMap<>();
  private long level;
  private double ofBound;
  private double largest;
  private double unoptimized;
  private String output = "";

  /**
   * Makes a measurement.
   *
   * @param written the file as it will be written
   * @param exact the same file, in which inputs stay as they are
   */
  RoundedProducts(OnnxFile written, ModelProto exact, Settings settings, Faults faults) {
    this.written = written;
    this.graph = new Graph(written);
    this.exact = exact;
    this.settings = settings;
    this.faults = faults;
  }

  /** Returns whether a file lets ONNX Runtime round inputs of products. */
  static boolean isIn(ModelProto model) {
    return model.getGraph().getNodeList().stream().anyMatch(node -> BlockNode.level(node) > 0);
  }

  /** Returns the same file, in which inputs of products stay as they are. */
  static ModelProto without(ModelProto model) {
    ModelProto.Builder exact = model.toBuilder();
    exact
        .getGraphBuilder()
        .getNodeBuilderList()
        .forEach(
            node -> {
              NodeProto now = node.build();
              if (BlockNode.level(now) > 0) {
                node.clear().mergeFrom(BlockNode.exact(now));
              }
            });
    return exact.build();
  }

  /** Returns what the level changes on the feeds. */
  ProofResult.Rounding measure(List<Map<String, INDArray>> feeds) {
    List<NodeProto> products =
        graph.sorted().stream().filter(node -> BlockNode.level(node) > 0).toList();
    products.forEach(node -> level = Math.max(level, BlockNode.level(node)));
    Graph shown = new Graph(written);
    List<Twin> twins = beside(shown, products);
    ModelProto both = written.model().toBuilder().setGraph(shown.toProto()).build();
    try (Session whole = Session.open(written.model(), settings);
        Session plain = Session.open(exact, settings);
        Session other = Session.open(written.model(), settings.with(Settings.Optimizer.OFF));
        Session beside = Session.open(both, settings)) {
      for (Map<String, INDArray> feed : feeds) {
        Map<String, HostValue> expected = HostValue.run(plain, feed);
        Difference by = outputs(expected, HostValue.run(whole, feed));
        if (by.relative() > largest) {
          largest = by.relative();
          output = by.output();
        }
        unoptimized =
            Math.max(unoptimized, outputs(expected, HostValue.run(other, feed)).relative());
        Map<String, HostValue> values = HostValue.run(beside, feed);
        for (Twin twin : twins) {
          product(twin, values, feed);
        }
      }
    } catch (SessionException e) {
      throw faults.fault(
          "does not run in ONNX Runtime with accuracy level " + level + faults.at(e), e);
    }
    return new ProofResult.Rounding(
        Math.toIntExact(level), products.size(), ofBound, largest, output, unoptimized);
  }

  /**
   * Holds a product and the name of what it computes without the level.
   *
   * @param node the product
   */
  private record Twin(NodeProto node, String exact) {}

  /** Adds each product once more without the level, and shows what both read and compute. */
  private static List<Twin> beside(Graph graph, List<NodeProto> products) {
    List<Twin> twins = new ArrayList<>();
    for (NodeProto node : products) {
      NodeProto copy = BlockNode.exact(node);
      String exact =
          graph.add(
              node.getName() + "/exact",
              node.getOpType(),
              made ->
                  made.setDomain(node.getDomain())
                      .addAllInput(copy.getInputList())
                      .addAllAttribute(copy.getAttributeList()));
      graph.addOutput(exact);
      graph.addOutput(node.getOutput(0));
      if (!graph.isFed(node.getInput(0))) {
        graph.addOutput(node.getInput(0));
      }
      twins.add(new Twin(node, exact));
    }
    return twins;
  }

  /**
   * Holds the largest difference of an output.
   *
   * @param relative the difference in the Euclidean norm, relative to that of the output
   */
  private record Difference(double relative, String output) {}

  private Difference outputs(Map<String, HostValue> expected, Map<String, HostValue> actual) {
    Difference worst = new Difference(0, "");
    for (Map.Entry<String, HostValue> entry : expected.entrySet()) {
      if (entry.getValue() instanceof HostValue.Floats e
          && actual.get(entry.getKey()) instanceof HostValue.Floats a) {
        double norm = e.array().norm2Number().doubleValue();
        double by = e.array().distance2(a.array());
        if (Double.isFinite(norm) && !Double.isFinite(by)) {
          throw faults.fault(
              "makes NaN or infinities of output "
                  + entry.getKey()
                  + " with accuracy level "
                  + level);
        }
        double relative = by == 0 ? 0 : by / norm;
        if (relative > worst.relative()) {
          worst = new Difference(relative, entry.getKey());
        }
      }
    }
    return worst;
  }

  private void product(Twin twin, Map<String, HostValue> shown, Map<String, INDArray> feed) {
    NodeProto node = twin.node();
    float[] x = floats(node.getInput(0), shown, feed);
    float[] y = floats(node.getOutput(0), shown, feed);
    float[] exactly = floats(twin.exact(), shown, feed);
    int in = Math.toIntExact(BlockNode.attribute(node, "K"));
    int out = Math.toIntExact(BlockNode.attribute(node, "N"));
    int block = Math.toIntExact(BlockNode.attribute(node, "block_size"));
    int rows = x.length / in;
    double[] weights = sums.computeIfAbsent(node.getName(), name -> sums(node, in, out, block));
    int step = Math.max(1, rows / ROWS);
    double[] bounds = new double[out];
    for (int row = 0; row < rows; row += step) {
      float[] amax = BlockNode.largest(x, row * in, in, block);
      Arrays.fill(bounds, 0);
      for (int b = 0; b < amax.length; b++) {
        for (int o = 0; o < out; o++) {
          bounds[o] += SHARE * amax[b] * weights[b * out + o];
        }
      }
      for (int o = 0; o < out; o++) {
        int at = row * out + o;
        double by = Math.abs((double) y[at] - exactly[at]);
        if (!Float.isNaN(exactly[at]) && !(by == 0)) {
          double share = by / bounds[o];
          if (!(share <= 1)) {
            throw faults.fault(
                String.format(
                    Locale.ROOT,
                    "is not the quantized model: with accuracy level %d, node %s gives %s in place"
                        + " of %s at [%d, %d], and rounding its input to 8 bits explains %.2g at"
                        + " most; export it with options.withBlockOperators(0)",
                    level,
                    node.getName(),
                    y[at],
                    exactly[at],
                    row,
                    o,
                    bounds[o]));
          }
          ofBound = Math.max(ofBound, share);
        }
      }
    }
  }

  private float[] floats(String value, Map<String, HostValue> shown, Map<String, INDArray> feed) {
    INDArray fed = feed.get(value);
    HostValue found = shown.get(value);
    if (found instanceof HostValue.Floats floats) {
      return Bound.floats(floats.array());
    }
    if (fed == null) {
      throw faults.fault("has no floats at " + value);
    }
    return Bound.floats(fed.castTo(DataType.FLOAT));
  }

  /** Returns the sum of the magnitudes of the weights of each block, [blocks, out]. */
  private double[] sums(NodeProto node, int in, int out, int block) {
    double[] all = new double[(in + block - 1) / block * out];
    new BlockNode(written, graph, node)
        .show(
            in,
            settings,
            (from, found) -> {
              float[] values = Bound.floats(found);
              for (int i = 0; i < values.length; i++) {
                int channel = from + i / out;
                all[channel / block * out + i % out] += Math.abs(values[i]);
              }
            });
    return all;
  }
}
