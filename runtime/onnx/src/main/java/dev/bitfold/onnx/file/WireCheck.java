package dev.bitfold.onnx.file;

import java.io.IOException;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.WireFormat;

/**
 * Protects against damaged lengths and field numbers, by which protobuf would turn megabytes of
 * weights into lists of numbers that take many times as much memory. Lists that are longer than any
 * list of varints in practice are refused before anything is allocated.
 */
final class WireCheck {
  // The field numbers of onnx.proto3, from the model to a tensor.
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int ATTRIBUTE_TENSOR = 5;
  private static final int ATTRIBUTE_GRAPH = 6;
  private static final int ATTRIBUTE_INTS = 8;
  private static final int ATTRIBUTE_TENSORS = 10;
  private static final int ATTRIBUTE_GRAPHS = 11;
  private static final int TENSOR_DIMS = 1;
  private static final int TENSOR_INT32 = 5;
  private static final int TENSOR_INT64 = 7;
  private static final int TENSOR_UINT64 = 11;

  private static final int MAX_VARINT_BYTES = 32 << 20;
  private static final int MAX_DIMS_BYTES = 1 << 10;
  private static final int MAX_DEPTH = 80;

  /**
   * The largest number of nodes, attributes and tensors. An empty one takes 2 bytes in the file and
   * 100 in memory.
   */
  private static final int MAX_MESSAGES = 1 << 20;

  private final String file;
  private final byte[] bytes;
  private long varintBytes;
  private int messages;

  WireCheck(String file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  void check() {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    in.setSizeLimit(Integer.MAX_VALUE);
    try {
      fields(in, Level.MODEL, 0);
    } catch (IOException e) {
      throw new OnnxException(file, "is truncated or no ONNX file", e);
    }
  }

  private enum Level {
    MODEL,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR
  }

  private void fields(CodedInputStream in, Level level, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new OnnxException(file, "is no ONNX file: it is nested too deeply");
    }
    if (++messages > MAX_MESSAGES) {
      throw new OnnxException(
          file, "has more than " + MAX_MESSAGES + " nodes, attributes and tensors; it is damaged");
    }
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int field = WireFormat.getTagFieldNumber(tag);
      int wire = WireFormat.getTagWireType(tag);
      if (wire != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        // Groups, which can be nested without limit, are not part of the format.
        if (wire == WireFormat.WIRETYPE_START_GROUP || !in.skipField(tag)) {
          throw new OnnxException(file, "is truncated or no ONNX file: it holds a group");
        }
        continue;
      }
      int length = in.readRawVarint32();
      Level inner = inner(level, field);
      count(level, field, length);
      if (inner == null) {
        in.skipRawBytes(length);
      } else {
        int limit = in.pushLimit(length);
        fields(in, inner, depth + 1);
        in.checkLastTagWas(0);
        in.popLimit(limit);
      }
    }
  }

  private static @org.jspecify.annotations.Nullable Level inner(Level level, int field) {
    return switch (level) {
      case MODEL -> field == MODEL_GRAPH ? Level.GRAPH : null;
      case GRAPH ->
          field == GRAPH_NODE ? Level.NODE : field == GRAPH_INITIALIZER ? Level.TENSOR : null;
      case NODE -> field == NODE_ATTRIBUTE ? Level.ATTRIBUTE : null;
      case ATTRIBUTE ->
          switch (field) {
            case ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS -> Level.TENSOR;
            case ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS -> Level.GRAPH;
            default -> null;
          };
      case TENSOR -> null;
    };
  }

  private void count(Level level, int field, int length) {
    boolean dims = level == Level.TENSOR && field == TENSOR_DIMS;
    boolean varints =
        dims
            || (level == Level.ATTRIBUTE && field == ATTRIBUTE_INTS)
            || (level == Level.TENSOR
                && (field == TENSOR_INT32 || field == TENSOR_INT64 || field == TENSOR_UINT64));
    if (length < 0 || (dims && length > MAX_DIMS_BYTES)) {
      throw new OnnxException(file, "is damaged: " + length + " bytes of sizes of a tensor");
    }
    varintBytes += varints ? length : 0;
    if (varintBytes > MAX_VARINT_BYTES) {
      throw new OnnxException(
          file,
          "holds more than 32 MiB of integers one by one; it is damaged, or should be saved with"
              + " raw data");
    }
  }
}
