package dev.bitfold.onnx.model;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Refuses batches that a file does not take, before ONNX Runtime sees them. Immutable. */
final class FeedCheck {
  private static final Set<DataType> WIDENED =
      Set.of(DataType.INT8, DataType.UINT8, DataType.INT16, DataType.INT32);

  private final String file;
  private final Map<String, FeedInput> inputs = new LinkedHashMap<>();

  FeedCheck(String file, List<FeedInput> inputs) {
    this.file = file;
    inputs.forEach(input -> this.inputs.put(input.name(), input));
  }

  /**
   * Checks a batch.
   *
   * @throws OnnxException if an input is missing or not the file's, or has another type or shape,
   *     or holds NaN or infinity; the message names it
   */
  void check(Map<String, INDArray> feed) {
    for (String name : feed.keySet()) {
      if (!inputs.containsKey(name)) {
        throw bad("has no input '" + name + "'; " + NearestName.question(name, inputs.keySet()));
      }
    }
    for (FeedInput input : inputs.values()) {
      INDArray x = feed.get(input.name());
      if (x == null) {
        throw bad("needs the input " + input + ", and the batch holds " + feed.keySet());
      }
      check(input, x);
    }
  }

  private void check(FeedInput input, INDArray x) {
    DataType type = x.dataType();
    boolean fits =
        type == input.type() || (input.type() == DataType.INT64 && WIDENED.contains(type));
    long[] shape = x.shape();
    boolean shaped = input.shape().size() == shape.length;
    for (int axis = 0; shaped && axis < shape.length; axis++) {
      long size = input.shape().get(axis);
      shaped = size == FeedInput.OPEN || size == shape[axis];
    }
    if (!fits || (!shaped && !input.shape().isEmpty())) {
      throw bad(
          "takes the input "
              + input
              + ", and the batch holds "
              + type
              + " "
              + Arrays.toString(shape)
              + (fits ? "" : "; cast it, or let Feeds.fit do it"));
    }
    if (x.wasClosed()) {
      throw bad("is fed an array for input " + input.name() + " that was closed");
    }
    if (type.isFPType() && !x.isEmpty()) {
      requireFinite(input, x);
    }
  }

  private void requireFinite(FeedInput input, INDArray x) {
    boolean[] finite = {true};
    DenseFloats.of(x, input.name())
        .use(
            values -> {
              while (values.hasRemaining()) {
                finite[0] &= Float.isFinite(values.get());
              }
            });
    if (!finite[0]) {
      throw bad("is fed NaN or infinity in the input " + input.name() + "; remove it");
    }
  }

  private OnnxException bad(String problem) {
    return new OnnxException(file, problem);
  }
}
