package dev.bitfold.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.JsonNodeFactory;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Holds tensors and text by name, as in a safetensors file. Such a file consists of the length of a
 * JSON header in 8 bytes, the header, and the tensors without gaps. Hugging Face's libraries can
 * read the files that this class writes. Immutable.
 *
 * <p>Files that this class writes have a SHA-256 of the whole file in their metadata, and are
 * refused if it does not fit. Of other files, the structure is checked.
 *
 * @param metadata text by name
 * @param tensors tensors by name
 */
public record Safetensors(Map<String, String> metadata, Map<String, StoredTensor> tensors) {
  private static final int MAX_HEADER = 100_000_000;

  /** The largest number of axes of an ND4J array. */
  private static final int MAX_RANK = 32;

  private static final String METADATA = "__metadata__";

  /** Copies the maps, keeping their order. */
  public Safetensors {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Writes a file completely or not at all: a temporary file in the same folder is forced to the
   * disk and then replaces the file.
   *
   * @throws IOException if the file cannot be written; an existing file is then unchanged
   */
  public void write(Path file) throws IOException {
    byte[] header = header();
    byte[] sum = Checksum.of(header, tensors.values());
    Checksum.put(header, sum);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, length.putLong(header.length).flip());
          writeFully(channel, ByteBuffer.wrap(header));
          for (StoredTensor tensor : tensors.values()) {
            writeFully(channel, tensor.bytes());
          }
        });
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private byte[] header() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode text = root.putObject(METADATA);
    text.put(Checksum.KEY, Checksum.BLANK);
    metadata.forEach(text::put);
    long at = 0;
    for (Map.Entry<String, StoredTensor> entry : tensors.entrySet()) {
      StoredTensor tensor = entry.getValue();
      ObjectNode node = root.putObject(entry.getKey());
      node.put("dtype", tensor.type().name());
      ArrayNode shape = node.putArray("shape");
      Arrays.stream(tensor.shape()).forEach(shape::add);
      long end = at + tensor.bytes().remaining();
      node.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  /**
   * Reads a safetensors file of any program.
   *
   * @throws StateFileException if the file is not a safetensors file, or is damaged
   * @throws IOException if the file cannot be read
   */
  public static Safetensors read(Path file) throws IOException {
    return read(file, false);
  }

  /**
   * Reads a file that must have the checksum of {@link #write}.
   *
   * @throws StateFileException if the file is not a safetensors file, has no checksum or is damaged
   * @throws IOException if the file cannot be read
   */
  public static Safetensors readChecked(Path file) throws IOException {
    return read(file, true);
  }

  private static Safetensors read(Path file, boolean checked) throws IOException {
    if (Files.isDirectory(file)) {
      throw new StateFileException(file, "is a folder");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new Reader(file, channel, checked).read();
    }
  }

  /** Reads one file. */
  private record Reader(Path file, FileChannel channel, boolean checked) {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Place(String name, StoredTensor.Type type, long[] shape, long from, long to) {}

    Safetensors read() throws IOException {
      long size = channel.size();
      require(size > Long.BYTES, "it has " + size + " bytes, too few for a safetensors file");
      long length = take(Long.BYTES).getLong();
      require(
          length >= 2 && length <= MAX_HEADER && length <= size - Long.BYTES,
          "it is not a safetensors file, or it is damaged: its header would have "
              + Long.toUnsignedString(length)
              + " bytes of "
              + size);
      byte[] header = take((int) length).array();
      JsonNode root = parse(header);
      Map<String, String> metadata = metadata(root);
      long data = size - Long.BYTES - length;
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (Place place : places(root, data)) {
        ByteBuffer bytes = take((int) (place.to() - place.from()));
        tensors.put(place.name(), new StoredTensor(place.type(), place.shape(), bytes));
      }
      String sum = metadata.remove(Checksum.KEY);
      require(sum != null || !checked, "it has no checksum; it is damaged, or not from Bitfold");
      require(
          sum == null || Checksum.fits(header, sum, tensors.values()),
          "its contents do not fit their checksum; it is damaged");
      return new Safetensors(metadata, tensors);
    }

    private ByteBuffer take(int length) throws IOException {
      ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          throw new EOFException(file + ": it ends early");
        }
      }
      return bytes.flip();
    }

    private JsonNode parse(byte[] header) throws StateFileException {
      try {
        return StrictJson.object(new String(header, StandardCharsets.UTF_8), "its header");
      } catch (IllegalArgumentException e) {
        throw new StateFileException(file, String.valueOf(e.getMessage()));
      }
    }

    private Map<String, String> metadata(JsonNode root) throws StateFileException {
      Map<String, String> metadata = new LinkedHashMap<>();
      JsonNode text = root.path(METADATA);
      require(text.isMissingNode() || text.isObject(), METADATA + " is no JSON object");
      for (Map.Entry<String, JsonNode> entry : fields(text)) {
        require(entry.getValue().isTextual(), METADATA + "." + entry.getKey() + " is not text");
        metadata.put(entry.getKey(), entry.getValue().textValue());
      }
      return metadata;
    }

    private static Iterable<Map.Entry<String, JsonNode>> fields(JsonNode node) {
      return node::fields;
    }

    /** Returns the tensors in the order of their bytes, which they cover without gaps. */
    private List<Place> places(JsonNode root, long data) throws StateFileException {
      List<Place> places = new ArrayList<>();
      for (Map.Entry<String, JsonNode> entry : fields(root)) {
        if (!entry.getKey().equals(METADATA)) {
          places.add(place(entry.getKey(), entry.getValue()));
        }
      }
      places.sort(Comparator.comparingLong(Place::from).thenComparingLong(Place::to));
      long at = 0;
      for (Place place : places) {
        require(
            place.from() == at && place.to() >= at && place.to() <= data,
            "tensor " + place.name() + " does not lie where the one before it ends");
        at = place.to();
      }
      require(
          at == data, "its tensors have " + at + " bytes and the file holds " + data + " of them");
      return places;
    }

    private Place place(String name, JsonNode node) throws StateFileException {
      JsonNode offsets = node.path("data_offsets");
      JsonNode shape = node.path("shape");
      boolean whole =
          offsets.size() == 2
              && offsets.get(0).canConvertToLong()
              && offsets.get(1).canConvertToLong()
              && offsets.get(0).isIntegralNumber()
              && offsets.get(1).isIntegralNumber()
              && shape.isArray();
      require(whole, "tensor " + name + " has no shape and data_offsets");
      require(
          shape.size() <= MAX_RANK,
          "tensor " + name + " has " + shape.size() + " axes; the most is " + MAX_RANK);
      long from = offsets.get(0).longValue();
      long to = offsets.get(1).longValue();
      StoredTensor.Type type = type(name, node.path("dtype").asText());
      long[] sizes = new long[shape.size()];
      for (int i = 0; i < sizes.length; i++) {
        JsonNode size = shape.get(i);
        sizes[i] = size.isIntegralNumber() && size.canConvertToInt() ? size.intValue() : -1;
      }
      require(
          Arrays.stream(sizes).allMatch(size -> size >= 0),
          "tensor " + name + " has the shape " + shape);
      long bytes = bytes(type, sizes);
      require(
          from >= 0 && bytes <= Integer.MAX_VALUE - 8 && to - from == bytes,
          "tensor "
              + name
              + ", "
              + type
              + " "
              + shape
              + ", does not have the bytes that data_offsets give it");
      return new Place(name, type, sizes, from, to);
    }

    /** Returns the number of bytes of a tensor, or {@link Long#MAX_VALUE} if there are more. */
    private static long bytes(StoredTensor.Type type, long[] sizes) {
      if (Arrays.stream(sizes).anyMatch(size -> size == 0)) {
        return 0;
      }
      long bytes = type.size();
      for (long size : sizes) {
        if (bytes > Long.MAX_VALUE / size) {
          return Long.MAX_VALUE;
        }
        bytes *= size;
      }
      return bytes;
    }

    private StoredTensor.Type type(String name, String dtype) throws StateFileException {
      for (StoredTensor.Type type : StoredTensor.Type.values()) {
        if (type.name().equals(dtype)) {
          return type;
        }
      }
      throw new StateFileException(
          file,
          "tensor "
              + name
              + " is of type \""
              + dtype
              + "\"; known are "
              + Arrays.toString(StoredTensor.Type.values()));
    }

    private void require(boolean holds, String otherwise) throws StateFileException {
      if (!holds) {
        throw new StateFileException(file, otherwise);
      }
    }
  }
}
