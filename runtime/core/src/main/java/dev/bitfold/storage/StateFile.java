package dev.bitfold.storage;

import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.scale.PackedParts;
import dev.bitfold.tensor.Placeholder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The state of a quantized model as a safetensors file. The tensors of {@code fc1.x} are {@code
 * fc1.x.amax} (or {@code .min} and {@code .max}) and {@code fc1.x.pre_scale}; a float weight that
 * differs from the model's has its own path; a packed one has its codes there, and beside them
 * {@code .scale}, {@code .scale_codes}, {@code .scale_offset} and {@code .zero_point}, as far as
 * its format has them. Codes of 8 bits have their own type and the weight's shape, smaller ones
 * stand without gaps in bytes, the first in the lowest bits.
 *
 * @param schema of the model
 * @param weights the SHA-256 of each weight and bias that is the model's own
 * @param state the state
 * @param summary text that is kept with it
 */
public record StateFile(Schema schema, Map<String, String> weights, State state, String summary) {
  /** The version that this library writes and reads. */
  public static final int VERSION = 1;

  /** The name of the version in the metadata. */
  public static final String VERSION_KEY = "bitfold.version";

  /** The name of the schema in the metadata: a JSON object, a description by path. */
  public static final String SCHEMA = "bitfold.schema";

  /** The name of the descriptors in the metadata: a JSON object by path. */
  public static final String DESCRIPTORS = "bitfold.descriptors";

  /** The name of the summary in the metadata. */
  public static final String SUMMARY = "bitfold.summary";

  static final String SCHEMA_HASH = "bitfold.schema_sha256";
  static final String WEIGHTS = "bitfold.weights_sha256";
  static final String PACKED = "bitfold.packed";

  /** The name, in the metadata, of the names of all tensors that the file must hold. */
  static final String CONTENTS = "bitfold.contents";

  static final String AMAX = ".amax";
  static final String MIN = ".min";
  static final String MAX = ".max";
  static final String PRE_SCALE = ".pre_scale";
  static final String SCALE = ".scale";
  static final String SCALE_CODES = ".scale_codes";
  static final String SCALE_OFFSET = ".scale_offset";
  static final String ZERO_POINT = ".zero_point";

  /** Copies the map, keeping its order. */
  public StateFile {
    weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
  }

  /** The state of a model. */
  public static StateFile of(ModelShape shape, State state, String summary) {
    Map<String, String> weights = new LinkedHashMap<>();
    for (TensorSite site : shape.sites().values()) {
      TensorRole role = site.tensor().role();
      boolean held = role == TensorRole.WEIGHT || role == TensorRole.BIAS;
      String path = site.path();
      if (held && !state.tensors().containsKey(path) && !state.packed().containsKey(path)) {
        weights.put(path, hash(shape.tensor(site)));
      }
    }
    return new StateFile(Schema.of(shape), weights, state, summary);
  }

  /**
   * Returns the SHA-256 of each weight and bias of the float model, also of those that differ in
   * the state, but not of placeholders.
   */
  public Map<String, String> floatHashes(ModelShape shape) {
    Map<String, String> hashes = new LinkedHashMap<>();
    for (TensorSite site : shape.sites().values()) {
      TensorRole role = site.tensor().role();
      boolean held = role == TensorRole.WEIGHT || role == TensorRole.BIAS;
      if (held && !Placeholder.is(shape.tensor(site))) {
        String known = weights.get(site.path());
        hashes.put(site.path(), known == null ? hash(shape.tensor(site)) : known);
      }
    }
    return Collections.unmodifiableMap(hashes);
  }

  /** The SHA-256 of a tensor's shape and values, in hexadecimal digits. */
  public static String hash(INDArray tensor) {
    StoredTensor stored = StoredTensor.of(tensor);
    var digest = Checksum.sha256();
    digest.update(
        Arrays.toString(tensor.shape()).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    digest.update(stored.bytes());
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The file's contents. */
  public Safetensors toSafetensors() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(VERSION_KEY, Integer.toString(VERSION));
    metadata.put(SCHEMA_HASH, schema.hash());
    metadata.put(SCHEMA, StateJson.write(schema.tensors()));
    metadata.put(WEIGHTS, StateJson.write(weights));
    metadata.put(DESCRIPTORS, StateJson.writeDescriptors(inOrder(state.descriptors())));
    metadata.put(PACKED, StateJson.writePacked(inOrder(state.packed())));
    metadata.put(SUMMARY, summary);
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    inOrder(state.scales()).forEach((path, scale) -> put(tensors, path, scale));
    inOrder(state.preQuantScales())
        .forEach((path, s) -> put(tensors, path + PRE_SCALE, StoredTensor.of(s)));
    inOrder(state.tensors()).forEach((path, tensor) -> put(tensors, path, StoredTensor.of(tensor)));
    inOrder(state.packed()).forEach((path, packed) -> put(tensors, path, packed));
    metadata.put(CONTENTS, StateJson.writeNames(tensors.keySet()));
    return new Safetensors(metadata, tensors);
  }

  /** Sorts tensors in the order of the model, so that equal states give equal bytes. */
  private <T> Map<String, T> inOrder(Map<String, T> byPath) {
    Map<String, T> ordered = new LinkedHashMap<>();
    for (String path : schema.tensors().keySet()) {
      T value = byPath.get(path);
      if (value != null) {
        ordered.put(path, value);
      }
    }
    byPath.forEach(ordered::putIfAbsent);
    return ordered;
  }

  private static void put(
      Map<String, StoredTensor> tensors, String path, CalibratedScale calibrated) {
    if (calibrated instanceof CalibratedScale.Amax amax) {
      put(tensors, path + AMAX, StoredTensor.of(amax.amax()));
    } else if (calibrated instanceof CalibratedScale.Range range) {
      put(tensors, path + MIN, StoredTensor.of(range.min()));
      put(tensors, path + MAX, StoredTensor.of(range.max()));
    }
  }

  private static void put(Map<String, StoredTensor> tensors, String path, PackedTensor packed) {
    PackedParts parts = packed.parts();
    NumberFormat format = packed.descriptor().format();
    put(
        tensors,
        path,
        format.bits() == 8
            ? StoredTensor.of(type(format), parts.codes(), packed.shape())
            : StoredTensor.of(StoredTensor.Type.U8, parts.codes(), parts.codes().length));
    put(tensors, path + SCALE, parts.scales());
    if (parts.scaleCodes().length > 0) {
      int length = parts.scaleCodes().length;
      put(
          tensors,
          path + SCALE_CODES,
          StoredTensor.of(StoredTensor.Type.U8, parts.scaleCodes(), length));
    }
    put(tensors, path + ZERO_POINT, parts.zeroPoints());
    if (parts.scaleOffset() != 0) {
      put(tensors, path + SCALE_OFFSET, StoredTensor.of(new float[] {parts.scaleOffset()}));
    }
  }

  private static StoredTensor.Type type(NumberFormat format) {
    return format.match(
        integers -> integers.min() < 0 ? StoredTensor.Type.I8 : StoredTensor.Type.U8,
        floats ->
            switch (floats.exponent()) {
              case 4 -> StoredTensor.Type.F8_E4M3;
              case 5 -> StoredTensor.Type.F8_E5M2;
              default -> StoredTensor.Type.U8;
            },
        nf4 -> StoredTensor.Type.U8);
  }

  private static void put(Map<String, StoredTensor> tensors, String name, float[] values) {
    if (values.length > 0) {
      put(tensors, name, StoredTensor.of(values, values.length));
    }
  }

  private static void put(Map<String, StoredTensor> tensors, String name, StoredTensor tensor) {
    if (tensors.put(name, tensor) != null) {
      throw new IllegalStateException("two tensors of the state have the name " + name);
    }
  }

  /**
   * Reads a file.
   *
   * @throws StateFileException if it is no state, of another version of this library, or damaged
   * @throws IOException if it cannot be read
   */
  public static StateFile read(Path file) throws IOException {
    Safetensors contents = Safetensors.readChecked(file);
    String version = contents.metadata().get(VERSION_KEY);
    if (version == null) {
      throw new StateFileException(
          file,
          contents.metadata().containsKey(Checkpoint.VERSION_KEY)
              ? "it holds a checkpoint of training, and no quantized model: Plan.resume reads it"
              : "it holds no state of a quantized model");
    }
    if (!version.equals(Integer.toString(VERSION))) {
      throw new StateFileException(
          file, "its state is of version " + version + ", and this library reads " + VERSION);
    }
    try {
      return new StateReader(contents).read();
    } catch (IllegalArgumentException | InvalidDescriptorException e) {
      throw new StateFileException(file, String.valueOf(e.getMessage()));
    }
  }

  /**
   * The state, if it is one of a model.
   *
   * @param file named in messages
   * @throws StateFileException if it was saved for another model: of other layers, or of other
   *     weights where it takes the model's own
   */
  public State stateFor(Path file, ModelShape model) throws StateFileException {
    List<String> differences = schema.differences(Schema.of(model));
    if (!differences.isEmpty()) {
      throw new StateFileException(
          file, "it was saved for another model: " + String.join("; ", differences));
    }
    List<String> others = changed(model);
    if (!others.isEmpty()) {
      throw new StateFileException(
          file,
          "it was saved for a model with other values in "
              + String.join(", ", others.subList(0, Math.min(5, others.size())))
              + (others.size() > 5 ? " and " + (others.size() - 5) + " more" : "")
              + (others.stream().allMatch(path -> isPlaceholder(model, path))
                  ? ", where this one has placeholders: only the file of a compressed model brings"
                      + " all weights"
                  : ""));
    }
    return state;
  }

  /**
   * Returns the paths of the weights and biases that are the model's own and have other values now.
   */
  public List<String> changed(ModelShape model) {
    List<String> others = new ArrayList<>();
    weights.forEach(
        (path, hash) -> {
          TensorSite site = model.sites().get(path);
          if (site == null || !hash(model.tensor(site)).equals(hash)) {
            others.add(path);
          }
        });
    return others;
  }

  private static boolean isPlaceholder(ModelShape model, String path) {
    TensorSite site = model.sites().get(path);
    return site != null && Placeholder.is(model.tensor(site));
  }
}
