package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import java.io.IOException;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Brings a float ONNX file into the form that layers are found in: inputs that are bound become
 * constants, ONNX Runtime folds what depends on constants alone, and every node has a name of its
 * own. The outputs stay the same.
 */
public final class Preparation {
  private Preparation() {}

  /**
   * Prepares a file.
   *
   * @param file the original, which is not changed
   * @param bound a value for each input that becomes a constant, by the input's name; it is cast to
   *     the input's type
   * @throws OnnxException if ONNX Runtime does not take the file, or an input cannot be bound
   * @throws IOException if temporary files cannot be written
   */
  public static Prepared of(OnnxFile file, Map<String, INDArray> bound) throws IOException {
    Changes changes = new Changes(file);
    OnnxFile closed = GraphInputs.close(file, bound, changes);
    OnnxFile folded = BasicOptimization.of(closed, changes);
    OnnxFile clean = UsedDomains.only(folded, changes);
    return new Prepared(file, clean, changes.report(clean), OriginalNames.of(file, clean));
  }
}
