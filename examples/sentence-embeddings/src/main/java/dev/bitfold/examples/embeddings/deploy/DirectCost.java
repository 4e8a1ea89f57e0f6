package dev.bitfold.examples.embeddings.deploy;

import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.onnx.model.OnnxModel;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What calibrating a file costs without a Java model: each batch goes through the cut model that
 * the runtime watches and through the whole file in ONNX Runtime, in turns.
 */
public final class DirectCost {
  private final OnnxModel model;
  private final PeerModel whole;
  private long plain;
  private long watched;
  private boolean plainFirst;
  private Optional<OnnxModel> calibrated = Optional.empty();

  private DirectCost(OnnxModel model, PeerModel whole) {
    this.model = model;
    this.whole = whole;
  }

  /** The time of a watched pass over that of a plain pass; the median of so many rounds. */
  public static double ratio(
      InputFile file, Tokenizer tokenizer, List<String> sentences, int rounds) throws IOException {
    try (OnnxModel model = OnnxModel.from(file.bytes()).open();
        PeerModel whole = new PeerModel(file, tokenizer, Pooling.MEAN)) {
      List<Map<String, INDArray>> batches =
          OnnxDirect.batches(model.inputs(), tokenizer.encode(sentences));
      return new DirectCost(model, whole).ratio(batches, rounds);
    }
  }

  private double ratio(List<Map<String, INDArray>> batches, int rounds) {
    double[] ratios = new double[rounds];
    for (int i = -1; i < rounds; i++) {
      plain = 0;
      watched = 0;
      calibrated = Optional.empty();
      model.plan().calibrate(batches, this::both);
      if (i >= 0) {
        ratios[i] = (double) watched / plain;
      }
    }
    Arrays.sort(ratios);
    return ratios[rounds / 2];
  }

  private INDArray both(OnnxModel observed, Map<String, INDArray> batch) {
    if (observed != model && calibrated.isEmpty()) {
      calibrated = Optional.of(observed);
    }
    if (calibrated.isEmpty() || observed != calibrated.get()) {
      return observed.forward(batch); // the runtime compares the first batch
    }
    List<int[]> tokens = List.of(batch.get("input_ids").toIntMatrix());
    plainFirst = !plainFirst;
    if (plainFirst) {
      timePlain(tokens);
    }
    long start = System.nanoTime();
    INDArray output = observed.forward(batch);
    watched += System.nanoTime() - start;
    if (!plainFirst) {
      timePlain(tokens);
    }
    return output;
  }

  private void timePlain(List<int[]> tokens) {
    long start = System.nanoTime();
    whole.embed(tokens, 0);
    plain += System.nanoTime() - start;
  }
}
