package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A file that is not cut, to hold a cut one against. To be closed. */
public final class WholeGraph implements AutoCloseable {
  private final Sessions sessions;
  private final Session session;

  /**
   * Opens a file.
   *
   * @param threads of the session
   * @param optimized whether ONNX Runtime fuses nodes
   * @throws OnnxException if it does not take the file
   */
  public WholeGraph(OnnxFile file, int threads, boolean optimized) {
    this.sessions = new Sessions(file.name(), threads);
    this.session = sessions.open(file.model(), "the whole file", optimized);
  }

  /** Runs the file; the outputs that are tensors, by name. */
  public Map<String, INDArray> run(Map<String, INDArray> feed) {
    Map<String, INDArray> outputs = new LinkedHashMap<>();
    sessions.enter();
    try {
      session.run(
          feed,
          (name, value) -> {
            if (value.isFloats() || value.isIntegers()) {
              outputs.put(name, value.array());
            }
          });
      return outputs;
    } catch (SessionException e) {
      throw new OnnxException(sessions.file(), "cannot be run: " + e.getMessage(), e);
    } finally {
      sessions.leave();
    }
  }

  @Override
  public void close() {
    sessions.close();
  }
}
