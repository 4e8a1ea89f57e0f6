package dev.bitfold.storage;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far training has come, as a safetensors file: what {@link StateFile} holds, with float
 * weights and biases and learned scales among it, and what the updaters remember, {@code
 * bitfold.updater/M/fc1.weight}.
 *
 * @param state the quantized model as it is now
 * @param steps how many were made
 * @param epoch the number of the epoch
 * @param updaters the classes of the updaters, by what they update
 * @param settings the settings of the updaters, by what they update; some classes tell none
 * @param moments what the updaters remember, by parameter and by ND4J's name
 * @param fixed the parameters that stay as they are
 * @param shared the path of the tensor that another one is the same array as, by that other's path
 */
public record Checkpoint(
    StateFile state,
    int steps,
    int epoch,
    Map<String, String> updaters,
    Map<String, String> settings,
    Map<String, Map<String, INDArray>> moments,
    Set<String> fixed,
    Map<String, String> shared) {
  /** The version that this library writes and reads. */
  static final int VERSION = 1;

  /** The name of the version in the metadata. */
  static final String VERSION_KEY = "bitfold.checkpoint_version";

  private static final int SHOWN = 5;

  private static final String STEPS = "bitfold.steps";
  private static final String EPOCH = "bitfold.epoch";
  private static final String UPDATERS = "bitfold.updaters";
  private static final String SETTINGS = "bitfold.updater_settings";
  private static final String PARAMETERS = "bitfold.parameters";
  private static final String FIXED = "bitfold.fixed";
  private static final String SHARED = "bitfold.shared";
  private static final String MOMENT = "bitfold.updater/";

  /** Copies the maps, keeping their order. */
  public Checkpoint {
    updaters = Collections.unmodifiableMap(new LinkedHashMap<>(updaters));
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    moments = Collections.unmodifiableMap(new LinkedHashMap<>(moments));
    fixed = Collections.unmodifiableSet(new LinkedHashSet<>(fixed));
    shared = Collections.unmodifiableMap(new LinkedHashMap<>(shared));
  }

  /** The file's contents. */
  public Safetensors toSafetensors() {
    Safetensors model = state.toSafetensors();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>(model.tensors());
    moments.forEach(
        (parameter, named) ->
            named.forEach(
                (key, moment) ->
                    tensors.put(MOMENT + key + "/" + parameter, StoredTensor.of(moment))));
    Map<String, String> metadata = new LinkedHashMap<>(model.metadata());
    // Not a quantized model's file: no weight in it is quantized.
    metadata.remove(StateFile.VERSION_KEY);
    metadata.put(VERSION_KEY, Integer.toString(VERSION));
    metadata.put(STEPS, Integer.toString(steps));
    metadata.put(EPOCH, Integer.toString(epoch));
    metadata.put(UPDATERS, StateJson.write(updaters));
    metadata.put(SETTINGS, StateJson.write(settings));
    metadata.put(PARAMETERS, StateJson.writeNames(moments.keySet()));
    metadata.put(FIXED, StateJson.writeNames(fixed));
    metadata.put(SHARED, StateJson.write(shared));
    metadata.put(StateFile.CONTENTS, StateJson.writeNames(tensors.keySet()));
    return new Safetensors(metadata, tensors);
  }

  /**
   * Reads a file.
   *
   * @throws StateFileException if it is no checkpoint, of another version of this library, or
   *     damaged
   * @throws IOException if it cannot be read
   */
  public static Checkpoint read(Path file) throws IOException {
    Safetensors contents = Safetensors.readChecked(file);
    String version = contents.metadata().get(VERSION_KEY);
    if (version == null) {
      throw new StateFileException(
          file,
          contents.metadata().containsKey(StateFile.VERSION_KEY)
              ? "it holds a quantized model, and no checkpoint of training: load reads it"
              : "it holds no checkpoint of training");
    }
    if (!version.equals(Integer.toString(VERSION))) {
      throw new StateFileException(
          file, "its checkpoint is of version " + version + ", and this library reads " + VERSION);
    }
    try {
      return new Reading(contents).checkpoint();
    } catch (IllegalArgumentException e) {
      throw new StateFileException(file, String.valueOf(e.getMessage()));
    }
  }

  /** One reading of one file. */
  private record Reading(Safetensors file) {
    Checkpoint checkpoint() {
      Map<String, StoredTensor> model = new LinkedHashMap<>(file.tensors());
      model.keySet().removeIf(name -> name.startsWith(MOMENT));
      Checkpoint read =
          new Checkpoint(
              new StateReader(new Safetensors(metadataOfModel(), model)).read(),
              number(STEPS),
              number(EPOCH),
              StateJson.read(text(UPDATERS), "the table of updaters"),
              StateJson.read(text(SETTINGS), "the table of the updaters' settings"),
              moments(),
              new LinkedHashSet<>(StateJson.readNames(text(FIXED))),
              StateJson.read(text(SHARED), "the table of shared tensors"));
      read.shared.values().forEach(path -> require(model, path));
      if (!read.moments.keySet().containsAll(read.fixed)) {
        throw new IllegalArgumentException("it trains only a part of " + read.fixed);
      }
      return read;
    }

    private Map<String, String> metadataOfModel() {
      List<String> all = StateJson.readNames(text(StateFile.CONTENTS));
      all.forEach(name -> require(file.tensors(), name));
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      metadata.put(
          StateFile.CONTENTS,
          StateJson.writeNames(all.stream().filter(name -> !name.startsWith(MOMENT)).toList()));
      return metadata;
    }

    private static void require(Map<String, StoredTensor> tensors, String name) {
      if (!tensors.containsKey(name)) {
        throw new IllegalArgumentException("its tensor " + name + " is missing");
      }
    }

    private Map<String, Map<String, INDArray>> moments() {
      Map<String, Map<String, INDArray>> moments = new LinkedHashMap<>();
      for (String parameter : StateJson.readNames(text(PARAMETERS))) {
        moments.put(parameter, new LinkedHashMap<>());
      }
      file.tensors()
          .forEach(
              (name, tensor) -> {
                if (name.startsWith(MOMENT)) {
                  String key = name.substring(MOMENT.length(), slash(name));
                  Map<String, INDArray> of = moments.get(name.substring(slash(name) + 1));
                  if (of == null) {
                    throw new IllegalArgumentException("its tensor " + name + " has no meaning");
                  }
                  of.put(key, tensor.toTensor());
                }
              });
      return moments;
    }

    private static int slash(String name) {
      int slash = name.indexOf('/', MOMENT.length());
      if (slash < 0) {
        throw new IllegalArgumentException("its tensor " + name + " has no meaning");
      }
      return slash;
    }

    private int number(String key) {
      String text = text(key);
      try {
        int number = Integer.parseInt(text);
        if (number >= 0) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Named below.
      }
      throw new IllegalArgumentException("its " + key + " is " + text);
    }

    private String text(String key) {
      String text = file.metadata().get(key);
      if (text == null) {
        throw new IllegalArgumentException("its metadata has no " + key);
      }
      return text;
    }
  }

  /**
   * Refuses other updaters.
   *
   * @param file named in messages
   * @param given the classes of the updaters that training goes on with
   * @throws StateFileException if training was begun with others
   */
  public void requireSame(Path file, Map<String, String> given) throws StateFileException {
    for (Map.Entry<String, String> updater : given.entrySet()) {
      String saved = updaters.get(updater.getKey());
      if (!updater.getValue().equals(saved)) {
        throw new StateFileException(
            file,
            updater.getKey()
                + " were trained with "
                + saved
                + ", and would go on with "
                + updater.getValue()
                + ": give an updater of the same class; its rates may differ");
      }
    }
  }

  /**
   * Refuses other parameters.
   *
   * @param file named in messages
   * @param parameters of the model that training goes on with
   * @throws StateFileException if others were trained
   */
  public void requireSame(Path file, Set<String> parameters) throws StateFileException {
    List<String> differences = new ArrayList<>();
    moments.keySet().stream()
        .filter(name -> !parameters.contains(name))
        .forEach(name -> differences.add(name + " is trained in the file and not in the model"));
    parameters.stream()
        .filter(name -> !moments.containsKey(name))
        .forEach(name -> differences.add(name + " is trained in the model and not in the file"));
    refuse(file, differences);
  }

  /**
   * The state to go on with, in which shared tensors are one array again.
   *
   * @param file named in messages
   * @param model that training goes on with
   * @param descriptors of its plan
   * @throws StateFileException if the file is of another model, or of another plan
   */
  public State stateFor(Path file, ModelShape model, Map<String, QuantDescriptor> descriptors)
      throws StateFileException {
    State saved = state.stateFor(file, model);
    List<String> differences = new ArrayList<>();
    for (String path : model.sites().keySet()) {
      QuantDescriptor before = saved.descriptors().get(path);
      QuantDescriptor now = descriptors.get(path);
      if (!Objects.equals(before, now)) {
        differences.add(path + " is " + words(before) + " in the file and " + words(now));
      }
    }
    refuse(file, differences.stream().map(each -> each + " in the plan").toList());
    Map<String, INDArray> joined = new LinkedHashMap<>();
    shared.forEach(
        (path, first) -> joined.put(path, Objects.requireNonNull(saved.tensors().get(first))));
    return saved.withSmoothing(Map.of(), joined);
  }

  private static String words(@Nullable QuantDescriptor descriptor) {
    return descriptor == null ? "float" : DescriptorJson.write(descriptor);
  }

  private static void refuse(Path file, List<String> differences) throws StateFileException {
    if (!differences.isEmpty()) {
      int shown = Math.min(SHOWN, differences.size());
      throw new StateFileException(
          file,
          String.join("; ", differences.subList(0, shown))
              + (shown < differences.size()
                  ? "; and " + (differences.size() - shown) + " more differences"
                  : ""));
    }
  }
}
