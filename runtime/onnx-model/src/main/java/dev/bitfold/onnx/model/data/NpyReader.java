package dev.bitfold.onnx.model.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads NumPy's array files, of all versions of the format and all types of numbers but complex
 * ones. ND4J's own reader refuses bool, big-endian and zero-dimensional arrays.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">The
 *     format</a>
 */
final class NpyReader {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_HEADER = 1 << 20;
  private static final int MAX_BYTES = Integer.MAX_VALUE - 64;
  private static final Pattern DESCR = Pattern.compile("'descr':\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order':\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape':\\s*\\(([0-9L,\\s]*)\\)");

  private final String where;
  private final DataInputStream in;

  private NpyReader(String where, InputStream in) {
    this.where = where;
    this.in = new DataInputStream(in);
  }

  /**
   * Reads an array and requires that nothing follows.
   *
   * @param where the file and the entry in it
   * @throws FeedException if it is not an array of numbers
   */
  static INDArray read(String where, InputStream in) throws IOException {
    try {
      return new NpyReader(where, in).read();
    } catch (EOFException e) {
      throw new FeedException(where, "is not a whole NumPy array: it ends too early", e);
    }
  }

  private INDArray read() throws IOException {
    String header = header();
    String descr =
        find(DESCR, header)
            .orElseThrow(
                () -> fault("holds records with fields; save each field as an array of its own"));
    boolean fortran = find(ORDER, header).orElseThrow(this::noHeader).equals("True");
    long[] shape = shape(find(SHAPE, header).orElseThrow(this::noHeader));
    NpyType type = NpyType.of(descr).orElseThrow(() -> fault(unreadable(descr)));
    long length = HostArrays.length(shape);
    if (length < 0 || length > MAX_BYTES / Math.max(type.bytes(), type.type().width())) {
      throw fault("has shape " + Arrays.toString(shape) + ": an array has at most 2 GiB; split it");
    }
    int bytes = (int) length * type.bytes();
    byte[] values = in.readNBytes(bytes);
    if (values.length < bytes) {
      throw fault(
          "ends after " + values.length + " of the " + bytes + " bytes that its values have");
    }
    if (in.read() >= 0) {
      throw fault("holds more than one array; save one array a file, or use np.savez");
    }
    byte[] decoded = type.decode(values);
    if (descr.endsWith("u8")) {
      requireSigned(decoded, type);
    }
    return HostArrays.of(
        type.type(), shape, fortran ? cOrder(decoded, shape, type.type().width()) : decoded);
  }

  private static String unreadable(String descr) {
    return descr.endsWith("O")
        ? "holds Python objects (dtype object), not numbers; build the array with a dtype of"
            + " numbers, such as np.asarray(x, dtype=np.float32)"
        : "holds values of dtype '"
            + descr
            + "'; float16, float32, float64, bool and integers can be read";
  }

  private String header() throws IOException {
    byte[] magic = in.readNBytes(MAGIC.length);
    if (!Arrays.equals(magic, MAGIC)) {
      throw fault(
          "is not a NumPy array: it does not begin with the format's magic bytes; write it with"
              + " np.save or np.savez");
    }
    int version = in.readUnsignedByte();
    in.readUnsignedByte();
    if (version < 1 || version > 3) {
      throw fault("is of version " + version + " of NumPy's format; 1 to 3 are known");
    }
    int low = in.readUnsignedByte() | in.readUnsignedByte() << 8;
    long length = low;
    if (version > 1) {
      length |= (long) (in.readUnsignedByte() | in.readUnsignedByte() << 8) << 16;
    }
    if (length > MAX_HEADER) {
      throw fault("is damaged: its header has " + length + " bytes");
    }
    byte[] header = in.readNBytes((int) length);
    if (header.length < length) {
      throw new EOFException();
    }
    return new String(header, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
  }

  private static Optional<String> find(Pattern pattern, String header) {
    Matcher matcher = pattern.matcher(header);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private long[] shape(String text) {
    try {
      return Arrays.stream(text.split(",", -1))
          .map(size -> size.replace("L", "").strip())
          .filter(size -> !size.isEmpty())
          .mapToLong(Long::parseLong)
          .toArray();
    } catch (NumberFormatException e) {
      throw noHeader();
    }
  }

  private void requireSigned(byte[] values, NpyType type) {
    java.nio.LongBuffer longs =
        java.nio.ByteBuffer.wrap(values).order(java.nio.ByteOrder.nativeOrder()).asLongBuffer();
    while (longs.hasRemaining()) {
      long value = longs.get();
      if (value < 0) {
        throw fault(
            "holds "
                + Long.toUnsignedString(value)
                + ", which int64 does not have (dtype uint"
                + 8 * type.bytes()
                + ")");
      }
    }
  }

  /** Returns the elements of an array in Fortran order in c order. */
  private static byte[] cOrder(byte[] values, long[] shape, int width) {
    int rank = shape.length;
    byte[] out = new byte[values.length];
    long[] strides = new long[rank];
    long stride = width;
    for (int axis = 0; axis < rank; axis++) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    long[] index = new long[rank];
    long from = 0;
    for (int to = 0; to < out.length; to += width) {
      System.arraycopy(values, (int) from, out, to, width);
      for (int axis = rank - 1; axis >= 0; axis--) {
        from += strides[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        from -= strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return out;
  }

  private FeedException noHeader() {
    return fault("is damaged: its header does not say shape and order");
  }

  private FeedException fault(String problem) {
    return new FeedException(where, problem);
  }
}
