package dev.bitfold.onnx.model.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Reads the tensors of ONNX's test data: one in each {@code input_N.pb}. */
final class ProtoReader {
  private static final String PREFIX = "input_";
  private static final String ENDING = ".pb";

  private ProtoReader() {}

  /** Returns the folders with inputs: this one, or those in it. */
  static List<Path> sets(Path folder) throws IOException {
    if (!inputs(folder).isEmpty()) {
      return List.of(folder);
    }
    List<Path> sets = new java.util.ArrayList<>();
    for (Path inner : Folder.folders(folder)) {
      if (!inputs(inner).isEmpty()) {
        sets.add(inner);
      }
    }
    return sets;
  }

  private static List<Path> inputs(Path folder) throws IOException {
    return Folder.files(folder, ENDING).stream()
        .filter(file -> Folder.name(file).matches(PREFIX + "\\d+\\.pb"))
        .toList();
  }

  /**
   * Reads a batch.
   *
   * @param names of the model's inputs, for tensors without a name
   */
  static Feed read(Path folder, List<String> names) throws IOException {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (Path file : inputs(folder)) {
      TensorProto tensor = tensor(file);
      String name = tensor.getName();
      if (name.isEmpty()) {
        String number = Folder.name(file, ENDING).substring(PREFIX.length());
        if (number.length() > 9 || Integer.parseInt(number) >= names.size()) {
          throw new FeedException(
              file.toString(),
              "holds a tensor without a name, and the model has no input "
                  + number
                  + "; its inputs are "
                  + names);
        }
        name = names.get(Integer.parseInt(number));
      }
      if (arrays.put(name, array(file.toString(), tensor)) != null) {
        throw new FeedException(file.toString(), "is the second tensor of input '" + name + "'");
      }
    }
    return new Feed(folder.toString(), arrays);
  }

  private static TensorProto tensor(Path file) throws IOException {
    try {
      return TensorProto.parseFrom(Files.readAllBytes(file));
    } catch (org.nd4j.shade.protobuf.InvalidProtocolBufferException e) {
      throw new FeedException(
          file.toString(), "is not a tensor of ONNX (TensorProto): " + e.getMessage(), e);
    }
  }

  private static INDArray array(String where, TensorProto tensor) {
    long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    String type = String.valueOf(TensorProto.DataType.forNumber(tensor.getDataType()));
    long length = HostArrays.length(shape);
    if (length < 0 || length > Integer.MAX_VALUE / 8) {
      throw new FeedException(where, "has too many values: shape " + tensor.getDimsList());
    }
    if (tensor.getExternalDataCount() > 0) {
      throw new FeedException(where, "keeps its values in another file, which is not read");
    }
    NpyType as = type(where, type);
    int width = as.bytes();
    byte[] bytes =
        tensor.getRawData().isEmpty()
            ? fields(where, tensor, type, width)
            : tensor.getRawData().toByteArray();
    if (bytes.length != length * width) {
      throw new FeedException(
          where,
          "is damaged: it has "
              + bytes.length
              + " bytes for "
              + type
              + " of shape "
              + tensor.getDimsList());
    }
    if (type.equals("BFLOAT16")) {
      return HostArrays.of(DataType.FLOAT, shape, ofBfloat16(bytes));
    }
    if (type.equals("UINT64")) {
      ByteBuffer longs = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      while (longs.hasRemaining()) {
        if (longs.getLong() < 0) {
          throw new FeedException(where, "holds a uint64 that int64 does not have");
        }
      }
    }
    return HostArrays.of(as.type(), shape, as.decode(bytes));
  }

  private static NpyType type(String where, String type) {
    String descr =
        switch (type) {
          case "FLOAT" -> "<f4";
          case "DOUBLE" -> "<f8";
          case "FLOAT16", "BFLOAT16" -> "<f2";
          case "BOOL" -> "|b1";
          case "INT8" -> "|i1";
          case "UINT8" -> "|u1";
          case "INT16" -> "<i2";
          case "UINT16" -> "<u2";
          case "INT32" -> "<i4";
          case "UINT32" -> "<u4";
          case "INT64" -> "<i8";
          case "UINT64" -> "<u8";
          default -> "";
        };
    return NpyType.of(descr)
        .orElseThrow(
            () -> new FeedException(where, "holds a tensor of type " + type + ", not of numbers"));
  }

  /** Returns the values that are not in raw_data, as it would hold them. */
  private static byte[] fields(String where, TensorProto tensor, String type, int width) {
    List<? extends Number> values =
        switch (type) {
          case "FLOAT" -> tensor.getFloatDataList();
          case "DOUBLE" -> tensor.getDoubleDataList();
          case "INT64" -> tensor.getInt64DataList();
          case "UINT32", "UINT64" -> tensor.getUint64DataList();
          default -> tensor.getInt32DataList();
        };
    if ((long) values.size() * width > Integer.MAX_VALUE) {
      throw new FeedException(where, "has too many values: shape " + tensor.getDimsList());
    }
    ByteBuffer bytes = ByteBuffer.allocate(values.size() * width).order(ByteOrder.LITTLE_ENDIAN);
    for (Number value : values) {
      switch (type) {
        case "FLOAT" -> bytes.putFloat(value.floatValue());
        case "DOUBLE" -> bytes.putDouble(value.doubleValue());
        default -> {
          switch (width) {
            case 1 -> bytes.put(value.byteValue());
            case 2 -> bytes.putShort(value.shortValue());
            case 4 -> bytes.putInt(value.intValue());
            default -> bytes.putLong(value.longValue());
          }
        }
      }
    }
    return bytes.array();
  }

  private static byte[] ofBfloat16(byte[] halves) {
    ByteBuffer in = ByteBuffer.wrap(halves).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out = ByteBuffer.allocate(halves.length * 2).order(ByteOrder.nativeOrder());
    while (in.hasRemaining()) {
      out.putInt(in.getShort() << 16);
    }
    return out.array();
  }
}
