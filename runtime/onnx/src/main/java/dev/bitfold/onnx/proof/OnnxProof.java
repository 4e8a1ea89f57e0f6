package dev.bitfold.onnx.proof;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the proof of an export runs on. A feed holds an array for each input of the file, by the
 * input's name; arrays are cast to the input's type. Immutable; arrays must not be written to while
 * an export runs.
 */
public sealed interface OnnxProof {
  /**
   * Returns what the model itself computes of a feed, by the names of the file's outputs; empty if
   * the proof does not ask it.
   */
  Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model();

  /**
   * Returns a proof on random data of the shapes and types of the file's inputs. Inputs that
   * quantized layers read get values from their calibrated range and beyond it, others normal
   * values, indices of tables their rows.
   */
  static OnRandom random() {
    return random(1);
  }

  /** Returns a proof on random data from another seed. */
  static OnRandom random(long seed) {
    return new OnRandom(seed, Optional.empty());
  }

  /**
   * Returns a proof on feeds, of which there is one at least. Calibration data is best: it reaches
   * the values that the scales were made for.
   *
   * @throws IllegalArgumentException if there is no feed
   */
  static OnFeeds on(List<Map<String, INDArray>> feeds) {
    return new OnFeeds(feeds, Optional.empty());
  }

  /**
   * Returns a proof on batches of another form.
   *
   * @param feed makes the file's inputs of a batch
   * @throws IllegalArgumentException if there is no batch
   */
  static <B> OnFeeds on(
      Iterable<? extends B> batches, Function<? super B, Map<String, INDArray>> feed) {
    List<Map<String, INDArray>> feeds = new ArrayList<>();
    batches.forEach(batch -> feeds.add(feed.apply(batch)));
    return on(feeds);
  }

  /**
   * Returns no proof: the file is written as it is.
   *
   * @param reason is kept in the export's result
   * @throws IllegalArgumentException if the reason is blank
   */
  static OnnxProof skipped(String reason) {
    return new Skipped(reason);
  }

  /**
   * Random data.
   *
   * @param seed of the random numbers
   * @param model what the model itself computes of a feed, by the names of the file's outputs
   */
  record OnRandom(long seed, Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model)
      implements OnnxProof {
    /** As {@link OnFeeds#against}. */
    public OnRandom against(Function<Map<String, INDArray>, Map<String, INDArray>> outputs) {
      return new OnRandom(seed, Optional.of(outputs));
    }
  }

  /**
   * The data of a caller.
   *
   * @param feeds an array for each input, by its name
   * @param model what the quantized model computes of a feed, by the names of the file's outputs
   */
  record OnFeeds(
      List<Map<String, INDArray>> feeds,
      Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model)
      implements OnnxProof {
    /** Copies the feeds, keeping their order. */
    public OnFeeds {
      if (feeds.isEmpty()) {
        throw new IllegalArgumentException("a proof needs one feed at least");
      }
      List<Map<String, INDArray>> copies = new ArrayList<>();
      feeds.forEach(feed -> copies.add(Collections.unmodifiableMap(new LinkedHashMap<>(feed))));
      feeds = List.copyOf(copies);
    }

    /**
     * Returns the same proof, in which the file's outputs are also compared with those of the
     * quantized model itself: that finds a float file that is not the float model, such as one with
     * another epsilon.
     *
     * @param outputs what the quantized model computes of a feed, by the names of the file's
     *     outputs; outputs may be left out
     */
    public OnFeeds against(Function<Map<String, INDArray>, Map<String, INDArray>> outputs) {
      return new OnFeeds(feeds, Optional.of(outputs));
    }
  }

  /**
   * No proof.
   *
   * @param reason why
   */
  record Skipped(String reason) implements OnnxProof {
    @Override
    public Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model() {
      return Optional.empty();
    }

    /** Checks the reason. */
    public Skipped {
      Objects.requireNonNull(reason, "reason");
      if (reason.isBlank()) {
        throw new IllegalArgumentException("say why the proof is skipped");
      }
    }
  }
}
