package dev.bitfold.internal.graph;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.InflaterInputStream;

/**
 * Reads protobuf's wire format from a stream, and hashes what is read but not what is skipped. For
 * one thread.
 */
final class WireInput {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final MessageDigest digest = sha256();
  private final byte[] buffer = new byte[BUFFER];
  private int at;
  private int filled;
  private int hashed;

  /** The number of bytes before the buffer. */
  private long before;

  WireInput(InputStream in) {
    this.in = in;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every Java platform has it.
    }
  }

  /** Returns the number of bytes that were read or skipped. */
  long position() {
    return before + at;
  }

  /** Returns whether no byte is left. */
  boolean isAtEnd() throws IOException {
    return at == filled && !fill();
  }

  private boolean fill() throws IOException {
    digest.update(buffer, hashed, filled - hashed);
    before += filled;
    at = 0;
    hashed = 0;
    filled = Math.max(0, in.read(buffer, 0, BUFFER));
    return filled > 0;
  }

  private int next() throws IOException {
    if (at == filled && !fill()) {
      throw truncated();
    }
    return buffer[at++] & 0xff;
  }

  private OnnxFormatException truncated() {
    return new OnnxFormatException("ends after " + position() + " bytes, in the middle of a field");
  }

  /** Returns an integer of a variable number of bytes. */
  long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int read = next();
      value |= (long) (read & 0x7f) << shift;
      if (read < 0x80) {
        return value;
      }
    }
    throw new OnnxFormatException("is damaged at byte " + position() + ": an integer has no end");
  }

  /** Returns the text of a field of so many bytes. */
  String text(long length) throws IOException {
    byte[] bytes = new byte[(int) Math.min(length, BUFFER)];
    int read = 0;
    for (long left = length; left > 0; left--) {
      if (read == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
      }
      bytes[read++] = (byte) next();
    }
    return new String(bytes, 0, read, StandardCharsets.UTF_8);
  }

  /** Passes over bytes that belong to the structure. */
  void pass(long length) throws IOException {
    long left = length;
    while (left > 0) {
      if (at == filled && !fill()) {
        throw truncated();
      }
      int some = (int) Math.min(left, filled - at);
      at += some;
      left -= some;
    }
  }

  /** Skips values, which are not hashed. */
  void skip(long length) throws IOException {
    digest.update(buffer, hashed, at - hashed);
    int some = (int) Math.min(length, filled - at);
    at += some;
    hashed = at;
    long left = length - some;
    if (left > 0) {
      before += filled;
      at = 0;
      filled = 0;
      hashed = 0;
      // A stream may skip beyond its end; it cannot read there.
      before += skipAll(left - 1);
      if (in.read() < 0) {
        throw truncated();
      }
      before++;
    }
  }

  private long skipAll(long length) throws IOException {
    long left = length;
    while (left > 0) {
      // An inflating stream skips by reading 512 bytes at a time.
      long skipped =
          in instanceof InflaterInputStream
              ? in.read(buffer, 0, (int) Math.min(BUFFER, left))
              : in.skip(left);
      if (skipped <= 0) {
        if (in.read() < 0) {
          throw truncated();
        }
        skipped = 1;
      }
      left -= skipped;
    }
    return length;
  }

  /** Returns the hash of what was read. */
  String hash() {
    digest.update(buffer, hashed, filled - hashed);
    hashed = filled;
    return HexFormat.of().formatHex(digest.digest());
  }
}
