package dev.bitfold.onnx.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/**
 * Reads tensors whose data are in files beside the model. Large ones are mapped: the operating
 * system reads a page when it is first used, so the heap does not hold it. Such a model may hold
 * more than 2 GiB, and then cannot be written in one piece.
 */
final class ExternalData implements AutoCloseable {
  /**
   * Smaller tensors are copied, because each mapping takes a page and an entry in the table of the
   * process.
   */
  private static final int MIN_MAPPED = 1 << 16;

  private final String file;
  private final Path folder;
  private final Map<Path, FileChannel> channels = new HashMap<>();

  private ExternalData(String file, Path folder) {
    this.file = file;
    this.folder = folder;
  }

  /**
   * Returns the model with all data.
   *
   * @param folder the model's folder; paths are relative to it and must not leave it
   * @throws OnnxException if a file is missing, too short, or elsewhere
   */
  static ModelProto inline(String file, Path folder, ModelProto model) throws IOException {
    if (!isIn(model.getGraph())) {
      return model;
    }
    try (ExternalData data = new ExternalData(file, folder)) {
      return model.toBuilder().setGraph(data.graph(model.getGraph())).build();
    }
  }

  private static boolean isIn(GraphProto graph) {
    return graph.getInitializerList().stream().anyMatch(ExternalData::isExternal)
        || graph.getNodeList().stream().anyMatch(ExternalData::isIn);
  }

  private static boolean isIn(NodeProto node) {
    return node.getAttributeList().stream().anyMatch(a -> a.hasT() && isExternal(a.getT()))
        || Graph.subgraphs(node).stream().anyMatch(ExternalData::isIn);
  }

  private static boolean isExternal(TensorProto tensor) {
    return tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL
        || tensor.getExternalDataCount() > 0;
  }

  private GraphProto graph(GraphProto graph) throws IOException {
    GraphProto.Builder whole = graph.toBuilder();
    for (int i = 0; i < whole.getInitializerCount(); i++) {
      if (isExternal(whole.getInitializer(i))) {
        whole.setInitializer(i, tensor(whole.getInitializer(i)));
      }
    }
    for (NodeProto.Builder node : whole.getNodeBuilderList()) {
      for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
        if (attribute.hasT() && isExternal(attribute.getT())) {
          attribute.setT(tensor(attribute.getT()));
        }
        if (attribute.hasG() && isIn(attribute.getG())) {
          attribute.setG(graph(attribute.getG()));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
          attribute.setGraphs(i, graph(attribute.getGraphs(i)));
        }
      }
    }
    return whole.build();
  }

  private TensorProto tensor(TensorProto tensor) throws IOException {
    Map<String, String> where = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      where.put(entry.getKey(), entry.getValue());
    }
    ElementType type = Tensors.type(file, tensor);
    long bytes = type.bytes(Tensors.length(Tensors.shape(file, tensor)));
    long offset = number(tensor, where.getOrDefault("offset", "0"));
    long length = number(tensor, where.getOrDefault("length", Long.toString(bytes)));
    if (length != bytes) {
      throw bad(
          tensor, "takes " + bytes + " bytes, but has " + length + " in the file beside the model");
    }
    FileChannel channel = channel(tensor, where.getOrDefault("location", ""));
    if (offset > channel.size() - length) {
      throw bad(
          tensor,
          "ends at byte "
              + (offset + length)
              + " of "
              + where.get("location")
              + ", which has "
              + channel.size());
    }
    return tensor.toBuilder()
        .clearExternalData()
        .clearDataLocation()
        .setRawData(data(channel, offset, length))
        .build();
  }

  private static ByteString data(FileChannel channel, long offset, long length) throws IOException {
    if (length >= MIN_MAPPED) {
      return UnsafeByteOperations.unsafeWrap(
          channel.map(FileChannel.MapMode.READ_ONLY, offset, length));
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(length));
    while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {}
    return UnsafeByteOperations.unsafeWrap(bytes.flip());
  }

  private FileChannel channel(TensorProto tensor, String location) throws IOException {
    Path path;
    try {
      path = Path.of(location);
    } catch (InvalidPathException e) {
      throw bad(tensor, "is kept in a file of the impossible name " + location);
    }
    if (location.isEmpty() || path.isAbsolute() || path.normalize().startsWith("..")) {
      throw bad(
          tensor,
          "is kept in '"
              + location
              + "', which is not in the model's folder: move it there and save the model with that"
              + " location, or with all its data in one file");
    }
    Path data = folder.resolve(path).normalize();
    if (!Files.isRegularFile(data)) {
      throw bad(tensor, "is kept in " + location + ", which is not beside the model; put it there");
    }
    FileChannel open = channels.get(data);
    if (open == null) {
      open = FileChannel.open(data, StandardOpenOption.READ);
      channels.put(data, open);
    }
    return open;
  }

  private long number(TensorProto tensor, String text) {
    try {
      long number = Long.parseLong(text.strip());
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The same as a negative one.
    }
    throw bad(tensor, "has the impossible place '" + text + "' in the file beside the model");
  }

  private OnnxException bad(TensorProto tensor, String what) {
    return new OnnxException(file, "tensor " + tensor.getName() + " " + what);
  }

  @Override
  public void close() throws IOException {
    for (FileChannel channel : channels.values()) {
      channel.close();
    }
  }
}
