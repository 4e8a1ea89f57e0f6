package dev.bitfold.internal.graph;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes protobuf's wire format, field by field. */
final class Wire {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Wire integer(int field, long value) {
    varint((long) field << 3);
    return varint(value);
  }

  Wire text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  Wire message(int field, Wire value) {
    return bytes(field, value.toBytes());
  }

  Wire bytes(int field, byte[] value) {
    varint((long) field << 3 | 2);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  Wire packed(int field, long... values) {
    Wire all = new Wire();
    for (long value : values) {
      all.varint(value);
    }
    return message(field, all);
  }

  /** A field of four bytes, as a float that is not packed. */
  Wire fixed(int field, int value) {
    varint((long) field << 3 | 5);
    for (int shift = 0; shift < Integer.SIZE; shift += 8) {
      out.write(value >> shift);
    }
    return this;
  }

  Wire varint(long value) {
    long left = value;
    while ((left & ~0x7fL) != 0) {
      out.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
    return this;
  }

  byte[] toBytes() {
    return out.toByteArray();
  }
}
