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
 * Chooses the data for the proof of an export. A feed holds an array for each input of the file, by
 * the input's name. Arrays are cast to the input's type. Immutable. Arrays must not be written to
 * while an export runs.
 */
public sealed interface OnnxProof {
  /**
   * Returns the function that computes the model's own outputs for a feed, by the names of the
   * file's outputs; empty if the proof does not use the model.
   */
  Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model();

  /**
   * Returns a proof on random data in the shapes and types of the file's inputs. Inputs of
   * quantized layers get values inside and beyond their calibrated range. Indices of tables get
   * valid rows, and other inputs normal values.
   */
  static OnRandom random() {
    return random(1);
  }

  /** Returns a proof on random data from another seed. */
  static OnRandom random(long seed) {
    return new OnRandom(seed, Optional.empty());
  }

  /**
   * Returns a proof on feeds, of which at least one is needed. Calibration data is the best choice,
   * because it covers the values that the scales were made for.
   *
   * @throws IllegalArgumentException if there is no feed
   */
  static OnFeeds on(List<Map<String, INDArray>> feeds) {
    return new OnFeeds(feeds, Optional.empty());
  }

  /**
   * Returns a proof on batches of another form.
   *
   * @param feed converts a batch to the file's inputs
   * @throws IllegalArgumentException if there is no batch
   */
  static <B> OnFeeds on(
      Iterable<? extends B> batches, Function<? super B, Map<String, INDArray>> feed) {
    List<Map<String, INDArray>> feeds = new ArrayList<>();
    batches.forEach(batch -> feeds.add(feed.apply(batch)));
    return on(feeds);
  }

  /**
   * Skips the proof: the file is written as it is.
   *
   * @param reason the reason, which the export's result contains
   * @throws IllegalArgumentException if the reason is blank
   */
  static OnnxProof skipped(String reason) {
    return new Skipped(reason);
  }

  /**
   * Chooses random data.
   *
   * @param seed the seed of the random numbers
   * @param model computes the model's own outputs for a feed, by the names of the file's outputs
   */
  record OnRandom(long seed, Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model)
      implements OnnxProof {
    /** Returns the same proof against the model, as {@link OnFeeds#against} does. */
    public OnRandom against(Function<Map<String, INDArray>, Map<String, INDArray>> outputs) {
      return new OnRandom(seed, Optional.of(outputs));
    }
  }

  /**
   * Chooses the caller's data.
   *
   * @param feeds an array for each input, by its name
   * @param model computes the quantized model's outputs for a feed, by the names of the file's
   *     outputs
   */
  record OnFeeds(
      List<Map<String, INDArray>> feeds,
      Optional<Function<Map<String, INDArray>, Map<String, INDArray>>> model)
      implements OnnxProof {
    /** Copies the feeds, keeping their order. */
    public OnFeeds {
      if (feeds.isEmpty()) {
        throw new IllegalArgumentException("a proof needs at least one feed");
      }
      List<Map<String, INDArray>> copies = new ArrayList<>();
      feeds.forEach(feed -> copies.add(Collections.unmodifiableMap(new LinkedHashMap<>(feed))));
      feeds = List.copyOf(copies);
    }

    /**
     * Returns the same proof, in which the file's outputs are also compared with those of the
     * quantized model itself. This finds a float file that is not the float model, such as one with
     * another epsilon.
     *
     * @param outputs computes the quantized model's outputs for a feed, by the names of the file's
     *     outputs; outputs may be left out
     */
    public OnFeeds against(Function<Map<String, INDArray>, Map<String, INDArray>> outputs) {
      return new OnFeeds(feeds, Optional.of(outputs));
    }
  }

  /**
   * Skips the proof.
   *
   * @param reason the reason
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
