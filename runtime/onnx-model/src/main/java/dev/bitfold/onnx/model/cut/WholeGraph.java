package dev.bitfold.onnx.model.cut;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.model.cut.OrtValues.Held;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A file that is not cut, to hold a cut one against. To be closed. */
public final class WholeGraph implements AutoCloseable {
  private final Sessions sessions;
  private final OrtSession session;
  private final List<ValueInfoProto> inputs;

  /**
   * Opens a file.
   *
   * @param threads of the session
   * @param optimized whether ONNX Runtime fuses nodes
   * @throws OnnxException if it does not take the file
   */
  public WholeGraph(OnnxFile file, int threads, boolean optimized) {
    this.sessions = new Sessions(file.name(), threads);
    this.inputs = new Graph(file).fedInputs();
    this.session = sessions.open(file.model(), "the whole file", optimized);
  }

  /** Runs the file; the outputs that are tensors, by name. */
  public Map<String, INDArray> run(Map<String, INDArray> feed) {
    Map<String, Held> held = new HashMap<>();
    sessions.enter();
    try {
      Map<String, OnnxTensor> given = new HashMap<>();
      for (ValueInfoProto input : inputs) {
        String name = input.getName();
        INDArray x = Objects.requireNonNull(feed.get(name), name);
        held.put(name, OrtValues.of(x, Values.javaType(Values.elementType(input)), name));
        given.put(name, Objects.requireNonNull(held.get(name)).tensor());
      }
      Map<String, INDArray> outputs = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(given)) {
        for (Map.Entry<String, OnnxValue> output : result) {
          if (output.getValue() instanceof OnnxTensor tensor) {
            outputs.put(output.getKey(), OrtValues.array(tensor));
          }
        }
      }
      return outputs;
    } catch (OrtException e) {
      throw new OnnxException(sessions.file(), "cannot be run: " + e.getMessage(), e);
    } finally {
      held.values().forEach(Held::close);
      sessions.leave();
    }
  }

  @Override
  public void close() {
    sessions.close();
  }
}
