package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Proves that a float file is the model that it was written from: ONNX Runtime, with its optimizer
 * on, must compute the outputs of the model itself.
 */
public final class FloatProof {
  private FloatProof() {}

  /**
   * Proves a file.
   *
   * @param file the file that was written
   * @param remedy what to look at if it differs
   * @throws OnnxException if the file cannot be run, or does not compute what the model computes
   */
  public static ProofResult prove(OnnxFile file, OnnxProof proof, String remedy) {
    if (proof instanceof OnnxProof.Skipped skipped) {
      return new ProofResult.Skipped(skipped.reason());
    }
    Function<Map<String, INDArray>, Map<String, INDArray>> model = proof.model().orElseThrow();
    try (Session session = Session.open(file.model(), Settings.DEFAULT)) {
      List<Map<String, INDArray>> feeds =
          proof instanceof OnnxProof.OnRandom random
              ? new ProofFeeds(new Reference(file), random.seed())
                  .takenBy(feed -> HostValue.run(session, feed))
              : ((OnnxProof.OnFeeds) proof).feeds();
      WholeModel whole = new WholeModel(file, Settings.DEFAULT, model, false, remedy);
      double largest = 0;
      for (Map<String, INDArray> feed : feeds) {
        largest = Math.max(largest, whole.compare(session, feed));
      }
      return new ProofResult.Proved(
          Session.version(),
          Prover.data(proof, feeds.size()),
          file.model().getGraph().getOutputCount(),
          largest,
          List.of(),
          Map.of(),
          Optional.empty());
    } catch (SessionException e) {
      throw Faults.unproved(file.name(), String.valueOf(e.getMessage()), e);
    }
  }
}
