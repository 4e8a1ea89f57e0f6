package dev.bitfold.examples.embeddings;

import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.Invariance;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import dev.bitfold.examples.embeddings.text.Tokenizer;

/** Judges models that ONNX Runtime runs: how good their vectors are, and what these depend on. */
record RuntimeScores(Evaluation evaluation, Tokenizer tokenizer, Pooling pooling) {
  /** How many sentences are embedded alone, batched and padded: at most this, and a quarter. */
  private static final int MAX_INVARIANCE = 320;

  /** The score of a file that was written; its weights' size is that of the whole file. */
  Score of(String name, InputFile written) {
    try (PeerModel model = new PeerModel(written, tokenizer, pooling)) {
      return of(name, model, written.bytes().length);
    }
  }

  /** The score of an open model. */
  Score of(String name, PeerModel model, long weightBytes) {
    int some = Math.min(MAX_INVARIANCE, evaluation.sentences() / 4);
    return evaluation
        .of(name, model, weightBytes)
        .with(Invariance.of(tokenizer.encode(evaluation.first(some)), model::embed));
  }
}
