package dev.bitfold.onnx.model.prepare;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Makes random data of the shapes and types that a session takes. */
final class RandomFeeds {
  private static final long MAX_ELEMENTS = 1 << 22;

  /**
   * Data of one kind.
   *
   * @param batch the size of a first axis that is open
   * @param size of other axes that are open; axes of one name have one size
   * @param below integers are at least 0 and less
   * @param positive whether floats are at least 0.5, and integers at least 1
   */
  record Kind(int batch, int size, int below, boolean positive) {}

  /** What models take, from usual to rare: positions and tables first, then indices of size 1. */
  static final List<Kind> KINDS =
      List.of(
          new Kind(2, 8, 2, false),
          new Kind(2, 8, 2, true),
          new Kind(1, 32, 2, false),
          new Kind(1, 8, 2, false),
          new Kind(1, 64, 2, false),
          new Kind(2, 16, 1, false),
          new Kind(1, 1, 1, false),
          new Kind(1, 1, 1, true),
          new Kind(1, 224, 2, false));

  private RandomFeeds() {}

  /** Data cannot be made. */
  static final class NoData extends Exception {
    private static final long serialVersionUID = 1L;

    NoData(String message) {
      super(message);
    }
  }

  /**
   * A feed; its tensors are to be closed.
   *
   * @param fixed values of inputs, by name; they are not drawn
   */
  static Map<String, OnnxTensor> of(
      OrtSession session, Kind kind, long seed, Map<String, OnnxTensor> fixed)
      throws OrtException, NoData {
    Random random = new Random(seed);
    Map<String, Long> named = new HashMap<>();
    Map<String, OnnxTensor> feed = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
        if (fixed.containsKey(input.getKey())) {
          continue;
        }
        if (!(input.getValue().getInfo() instanceof TensorInfo info)) {
          throw new NoData("input " + input.getKey() + " is no tensor");
        }
        feed.put(input.getKey(), tensor(input.getKey(), info, kind, named, random));
      }
      return feed;
    } catch (OrtException | NoData | RuntimeException e) {
      feed.values().forEach(OnnxTensor::close);
      throw e;
    }
  }

  private static OnnxTensor tensor(
      String name, TensorInfo info, Kind kind, Map<String, Long> named, Random random)
      throws OrtException, NoData {
    long[] shape = info.getShape().clone();
    String[] names = info.getDimensionNames();
    long elements = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      long open = axis == 0 ? kind.batch() : kind.size();
      if (shape[axis] < 0) {
        String dim = names == null || axis >= names.length ? "" : names[axis];
        shape[axis] = dim.isEmpty() ? open : named.computeIfAbsent(dim, k -> open);
      }
      elements = Math.min(MAX_ELEMENTS + 1, elements * shape[axis]);
    }
    if (elements > MAX_ELEMENTS) {
      throw new NoData("input " + name + " has more than " + MAX_ELEMENTS + " elements");
    }
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(elements * Long.BYTES))
            .order(ByteOrder.nativeOrder());
    for (long i = 0; i < elements; i++) {
      put(name, info.type, bytes, kind, random);
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    return OnnxTensor.createTensor(environment, bytes.flip(), shape, info.type);
  }

  private static void put(
      String name, OnnxJavaType type, ByteBuffer bytes, Kind kind, Random random) throws NoData {
    double gaussian = random.nextGaussian();
    double normal = kind.positive() ? Math.abs(gaussian) + 0.5 : gaussian;
    int integer = random.nextInt(kind.below()) + (kind.positive() ? 1 : 0);
    switch (type) {
      case FLOAT -> bytes.putFloat((float) normal);
      case DOUBLE -> bytes.putDouble(normal);
      case FLOAT16 -> bytes.putShort(Fp16Conversions.floatToFp16((float) normal));
      case BFLOAT16 -> bytes.putShort(Fp16Conversions.floatToBf16((float) normal));
      case INT64 -> bytes.putLong(integer);
      case INT32 -> bytes.putInt(integer);
      case INT16 -> bytes.putShort((short) integer);
      case INT8, UINT8, BOOL -> bytes.put((byte) integer);
      default -> throw new NoData("input " + name + " is of type " + type);
    }
  }
}
