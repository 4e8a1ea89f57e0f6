package dev.bitfold.onnx.file;

import dev.bitfold.storage.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.shade.protobuf.CodedInputStream;
import org.nd4j.shade.protobuf.UnsafeByteOperations;

/**
 * Holds a model file that was read and whose structure was checked.
 *
 * @param name the name in messages
 * @param model the contents of the file
 */
public record OnnxFile(String name, ModelProto model) {
  /** The largest file that protobuf accepts. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - 64;

  /** Reads the file itself. For tensors in other files, only their places are read. */
  static OnnxFile read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    long size = Files.size(file);
    if (Files.isDirectory(file) || size > MAX_BYTES) {
      throw new OnnxException(
          file.toString(),
          Files.isDirectory(file)
              ? "is a folder"
              : "has "
                  + size
                  + " bytes, and 2^31 is the most that the format allows; save its tensors as"
                  + " external data");
    }
    return parse(file.toString(), Files.readAllBytes(file));
  }

  /**
   * Reads the file as {@link #read} does, with the data of tensors in other files. The data are
   * read when they are used, so those files must not change.
   */
  static OnnxFile readWhole(Path file) throws IOException {
    OnnxFile read = read(file);
    Path folder = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file);
    return new OnnxFile(read.name(), ExternalData.inline(read.name(), folder, read.model()));
  }

  /** Reads a file from bytes, which are copied. */
  static OnnxFile of(String name, byte[] bytes) {
    return parse(name, bytes.clone());
  }

  private static OnnxFile parse(String name, byte[] bytes) {
    new WireCheck(name, bytes).check();
    ModelProto model;
    try {
      // Raw data are views of the bytes and not copies, so a model is in memory once.
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
      in.enableAliasing(true);
      in.setSizeLimit(Integer.MAX_VALUE);
      model = ModelProto.parseFrom(in);
      in.checkLastTagWas(0);
    } catch (IOException e) {
      throw new OnnxException(name, "is truncated or no ONNX file", e);
    }
    OnnxFile file = new OnnxFile(name, model);
    file.check();
    return new OnnxFile(
        name, model.toBuilder().setGraph(NodeNames.unique(model.getGraph())).build());
  }

  /** Writes bytes, whole or not at all. */
  public static void write(Path out, byte[] bytes) throws IOException {
    AtomicFile.write(
        out,
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
        });
  }

  private void check() {
    if (model.getGraph().getNodeCount() == 0) {
      throw new OnnxException(name, "is no ONNX file: it holds no graph");
    }
    Set<String> values = new HashSet<>();
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      if (tensor.getName().isEmpty() || !values.add(tensor.getName())) {
        throw new OnnxException(
            name, "has two initializers, or one without a name: \"" + tensor.getName() + "\"");
      }
    }
    for (NodeProto node : model.getGraph().getNodeList()) {
      for (String output : node.getOutputList()) {
        if (!output.isEmpty() && !values.add(output)) {
          throw new OnnxException(name, "has two sources of the value " + output);
        }
      }
    }
  }
}
