package dev.bitfold.samediff;

import java.io.File;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Loads a graph, runs it and writes its outputs, with ND4J alone. {@link SavedGraphTest} runs it in
 * a separate process.
 */
final class GraphRunner {
  private GraphRunner() {}

  /**
   * Arguments: the graph, the file of input {@code x}, the file to write output {@code h} to, and
   * {@code yes} if Bitfold is expected on the class path.
   */
  public static void main(String[] args) throws Exception {
    boolean there = GraphRunner.class.getResource("QuantSameDiff.class") != null;
    if (there != args[3].equals("yes")) {
      throw new IllegalStateException("Bitfold on the class path: " + there);
    }
    SameDiff graph = SameDiff.load(new File(args[0]), true);
    INDArray x = Nd4j.readNpy(new File(args[1]));
    INDArray h = graph.output(Map.of("x", x), "h").get("h");
    Nd4j.writeAsNumpy(h, new File(args[2]));
  }
}
