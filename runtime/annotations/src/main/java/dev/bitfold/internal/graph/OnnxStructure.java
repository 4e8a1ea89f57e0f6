package dev.bitfold.internal.graph;

import java.io.IOException;
import java.io.InputStream;

/**
 * Describes what a file holds besides the values of its tensors.
 *
 * @param graph the graph; each node has a name of its own
 * @param functions whether the file defines operators of its own
 * @param hash the SHA-256 of all bytes but the values of tensors, in hexadecimal digits
 */
public record OnnxStructure(OnnxGraph graph, boolean functions, String hash) {
  /**
   * Reads a file once, from its start to its end. Values of tensors are skipped, and files beside
   * it are not opened. The stream is not closed.
   *
   * @throws OnnxFormatException if it is no ONNX file, or damaged; the message goes on after the
   *     file's name
   * @throws IOException if it cannot be read
   */
  public static OnnxStructure read(InputStream in) throws IOException {
    return new ModelReader(new WireInput(in)).read();
  }
}
