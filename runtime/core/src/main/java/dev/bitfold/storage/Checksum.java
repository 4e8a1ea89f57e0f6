package dev.bitfold.storage;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;

/**
 * Computes the SHA-256 of a safetensors file. The sum is in the file's own header, and is computed
 * with zeros in its place.
 */
final class Checksum {
  /** The name in the metadata. */
  static final String KEY = "bitfold.sha256";

  /** The text in the place of the sum while the sum is computed. */
  static final String BLANK = "0".repeat(64);

  private static final byte[] BEFORE = ("\"" + KEY + "\":\"").getBytes(StandardCharsets.US_ASCII);

  private Checksum() {}

  /** Returns the sum of a header with a blank sum, and of tensors. */
  static byte[] of(byte[] header, Collection<StoredTensor> tensors) {
    MessageDigest digest = sha256();
    digest.update(header);
    tensors.forEach(tensor -> digest.update(tensor.bytes()));
    return digest.digest();
  }

  /** Returns a new SHA-256. */
  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Puts the sum into a header. */
  static void put(byte[] header, byte[] sum) {
    byte[] text = HexFormat.of().formatHex(sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, header, place(header), text.length);
  }

  /** Returns whether the sum in a header is the sum of the file. */
  static boolean fits(byte[] header, String sum, Collection<StoredTensor> tensors) {
    int place = place(header);
    byte[] blank = BLANK.getBytes(StandardCharsets.US_ASCII);
    if (place < 0 || place + blank.length > header.length) {
      return false;
    }
    byte[] cleared = header.clone();
    System.arraycopy(blank, 0, cleared, place, blank.length);
    return sum.equals(HexFormat.of().formatHex(of(cleared, tensors)));
  }

  private static int place(byte[] header) {
    for (int at = 0; at + BEFORE.length <= header.length; at++) {
      if (java.util.Arrays.equals(header, at, at + BEFORE.length, BEFORE, 0, BEFORE.length)) {
        return at + BEFORE.length;
      }
    }
    return -1;
  }
}
