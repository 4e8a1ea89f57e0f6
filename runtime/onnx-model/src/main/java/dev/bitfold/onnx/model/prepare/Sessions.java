package dev.bitfold.onnx.model.prepare;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;

/**
 * A session of ONNX Runtime on a file in memory. Of a file that is too large for one piece, the
 * weights are given to the session beside it, where they stand. To be closed.
 */
final class Sessions implements AutoCloseable {
  /**
   * Files with more bytes of weights are given in pieces: that takes half of the time of one
   * message, and a message has at most 2 GiB.
   */
  static final long MAX_WHOLE = 1L << 26;

  private static final int MIN_APART = 1 << 10;

  private final OrtSession session;
  private final List<OnnxTensor> weights;

  private Sessions(OrtSession session, List<OnnxTensor> weights) {
    this.session = session;
    this.weights = weights;
  }

  /** Options that every session here has: nothing is printed, and one thread computes. */
  static OrtSession.SessionOptions options(OrtSession.SessionOptions.OptLevel level)
      throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setOptimizationLevel(level);
    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    options.setIntraOpNumThreads(1);
    options.addConfigEntry("session.intra_op.allow_spinning", "0");
    return options;
  }

  /**
   * Opens a session.
   *
   * @param maxWhole the bytes of weights up to which a file is given in one piece
   */
  static Sessions open(OnnxFile file, OrtSession.SessionOptions options, long maxWhole)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    if (bytes(file) <= maxWhole) {
      return new Sessions(
          environment.createSession(file.model().toByteArray(), options), List.of());
    }
    List<OnnxTensor> weights = new ArrayList<>();
    try {
      Map<String, OnnxTensorLike> apart = new LinkedHashMap<>();
      ModelProto rest = apart(file.model(), environment, weights, apart);
      options.addExternalInitializers(apart);
      return new Sessions(environment.createSession(rest.toByteArray(), options), weights);
    } catch (OrtException | RuntimeException e) {
      weights.forEach(OnnxTensor::close);
      throw e;
    }
  }

  /** The bytes of a file's weights. */
  static long bytes(OnnxFile file) {
    return file.model().getGraph().getInitializerList().stream()
        .mapToLong(tensor -> tensor.getRawData().size())
        .sum();
  }

  private static ModelProto apart(
      ModelProto model,
      OrtEnvironment environment,
      List<OnnxTensor> weights,
      Map<String, OnnxTensorLike> byName)
      throws OrtException {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto tensor = graph.getInitializer(i);
      OnnxJavaType type = type(tensor);
      if (type == OnnxJavaType.UNKNOWN || tensor.getRawData().size() < MIN_APART) {
        continue;
      }
      OnnxTensor weight =
          OnnxTensor.createTensor(
              environment,
              direct(tensor),
              tensor.getDimsList().stream().mapToLong(Long::longValue).toArray(),
              type);
      weights.add(weight);
      byName.put(tensor.getName(), weight);
      graph.setInitializer(
          i,
          tensor.toBuilder()
              .clearRawData()
              .setDataLocation(TensorProto.DataLocation.EXTERNAL)
              .addExternalData(
                  StringStringEntryProto.newBuilder().setKey("location").setValue("given")));
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private static ByteBuffer direct(TensorProto tensor) {
    ByteBuffer bytes = tensor.getRawData().asReadOnlyByteBuffer();
    if (!bytes.isDirect()) {
      ByteBuffer copy = ByteBuffer.allocateDirect(bytes.remaining());
      bytes = copy.put(bytes).flip();
    }
    return bytes.order(ByteOrder.nativeOrder());
  }

  static OnnxJavaType type(TensorProto tensor) {
    for (ElementType type : ElementType.values()) {
      if (type.number() == tensor.getDataType()) {
        return switch (type) {
          case FLOAT -> OnnxJavaType.FLOAT;
          case DOUBLE -> OnnxJavaType.DOUBLE;
          case FLOAT16 -> OnnxJavaType.FLOAT16;
          case BFLOAT16 -> OnnxJavaType.BFLOAT16;
          case INT8 -> OnnxJavaType.INT8;
          case UINT8 -> OnnxJavaType.UINT8;
          case INT32 -> OnnxJavaType.INT32;
          case INT64 -> OnnxJavaType.INT64;
          case UINT16, INT16, BOOL, UINT32, UINT64, FLOAT8E4M3FN, FLOAT8E5M2, UINT4, INT4 ->
              OnnxJavaType.UNKNOWN;
        };
      }
    }
    return OnnxJavaType.UNKNOWN;
  }

  OrtSession session() {
    return session;
  }

  @Override
  public void close() throws OrtException {
    try {
      session.close();
    } finally {
      weights.forEach(OnnxTensor::close);
    }
  }
}
