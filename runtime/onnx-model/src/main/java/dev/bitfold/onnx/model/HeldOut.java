package dev.bitfold.onnx.model;

import dev.bitfold.tensor.Workspaces;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Data that a file is measured on and that it was not calibrated on. Immutable, but for its arrays.
 *
 * @param description in words: {@code 8 pages of the archive}
 * @param batches an array for each input of the file
 */
public record HeldOut(String description, List<Map<String, INDArray>> batches) {
  /**
   * Copies the batches, but not their arrays.
   *
   * @throws IllegalArgumentException if there is none
   */
  public HeldOut {
    if (batches.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + description + "' has no batch, and a file is measured on at least one");
    }
    batches =
        batches.stream()
            .map(batch -> Collections.unmodifiableMap(new LinkedHashMap<>(batch)))
            .toList();
  }

  /** Returns the SHA-256 of names, types, shapes and values, in hexadecimal digits. */
  String hash() {
    MessageDigest digest = sha256();
    for (Map<String, INDArray> batch : batches) {
      new TreeMap<>(batch).forEach((name, x) -> add(digest, name, x));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, String name, INDArray x) {
    String head = name + " " + x.dataType() + " " + Arrays.toString(x.shape()) + "\n";
    digest.update(head.getBytes(StandardCharsets.UTF_8));
    INDArray ordered = Workspaces.outside(() -> x.dup('c'));
    digest.update(ordered.data().asBytes());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
