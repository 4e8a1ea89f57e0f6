package dev.bitfold.storage;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes what a model must have in common with the model that a state was made for: the paths of
 * its tensors, with role, layout and, for weights and biases, shape. Names of classes may change.
 *
 * @param tensors a description by path
 */
public record Schema(Map<String, String> tensors) {
  private static final int SHOWN = 5;

  /** The form that {@link #describe} writes. */
  private static final Pattern ENTRY =
      Pattern.compile("(weight|bias|input|output)(?: ([^ \\[]+))?(?: \\[([0-9, ]*)])?");

  /** Copies the map, keeping its order. */
  public Schema {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Returns the schema of a model. */
  public static Schema of(ModelShape shape) {
    Map<String, String> tensors = new LinkedHashMap<>();
    shape.sites().forEach((path, site) -> tensors.put(path, describe(shape, site)));
    return new Schema(tensors);
  }

  private static String describe(ModelShape shape, TensorSite site) {
    TensorRole role = site.tensor().role();
    boolean held = role == TensorRole.WEIGHT || role == TensorRole.BIAS;
    String text = role.name().toLowerCase(java.util.Locale.ROOT);
    if (!site.tensor().layout().isUnknown()) {
      text += " " + site.tensor().layout();
    }
    return held ? text + " " + Arrays.toString(shape.tensor(site).shape()) : text;
  }

  /**
   * Describes one tensor.
   *
   * @param role the role of the tensor
   * @param layout the layout of the tensor
   * @param shape the shape of a weight or bias; empty for other roles
   */
  public record Entry(TensorRole role, Layout layout, List<Long> shape) {}

  /**
   * Returns the description of the tensor at a path.
   *
   * @throws IllegalArgumentException if there is no such tensor, or its description cannot be read
   */
  public Entry entry(String path) {
    String text = tensors.get(path);
    Matcher parts = ENTRY.matcher(text == null ? "" : text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("the schema does not describe " + path + ": " + text);
    }
    String layout = parts.group(2);
    String shape = parts.group(3);
    return new Entry(
        TensorRole.valueOf(parts.group(1).toUpperCase(java.util.Locale.ROOT)),
        layout == null ? Layout.UNKNOWN : new Layout(layout),
        shape == null || shape.isEmpty()
            ? List.of()
            : Arrays.stream(shape.split(", ")).map(Long::valueOf).toList());
  }

  /** Returns a SHA-256 of the whole schema, in hexadecimal digits. */
  public String hash() {
    var digest = Checksum.sha256();
    tensors.forEach(
        (path, text) ->
            digest.update((path + '\0' + text + '\0').getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Returns how a model's schema differs from this one, which is the schema of a file; empty if
   * they are equal. The first differences are listed, with the number of further ones.
   */
  public List<String> differences(Schema model) {
    List<String> found = new ArrayList<>();
    tensors.forEach(
        (path, text) -> {
          String other = model.tensors.get(path);
          if (other == null) {
            found.add(path + " (" + text + ") is in the file and not in the model");
          } else if (!other.equals(text)) {
            found.add(path + " is " + text + " in the file and " + other + " in the model");
          }
        });
    model.tensors.forEach(
        (path, text) -> {
          if (!tensors.containsKey(path)) {
            found.add(path + " (" + text + ") is in the model and not in the file");
          }
        });
    if (found.size() <= SHOWN) {
      return found;
    }
    List<String> first = new ArrayList<>(found.subList(0, SHOWN));
    first.add("and " + (found.size() - SHOWN) + " more differences");
    return first;
  }
}
