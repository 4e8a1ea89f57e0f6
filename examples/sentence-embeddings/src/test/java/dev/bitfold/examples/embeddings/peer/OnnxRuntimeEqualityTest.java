package dev.bitfold.examples.embeddings.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnnxRuntimeEqualityTest {
  private static final float TOLERANCE = 1e-4f;

  @Test
  void embeddingsEqualThoseOfOnnxRuntime() {
    List<String> sentences = StsData.calibration(64);
    Tokenizer tokenizer = MiniLmFixture.TOKENIZER;
    int[] lengths = tokenizer.encode(sentences).stream().mapToInt(t -> t.length).toArray();
    assertTrue(Arrays.stream(lengths).distinct().count() > 15, "too few lengths");
    try (PeerModel peer = new PeerModel(MiniLmFixture.FILE, tokenizer, Pooling.MEAN)) {
      float[][] expected = peer.embed(sentences, n -> {});
      float[][] bucketed =
          new BatchEmbedder(tokenizer, MiniLmFixture.MODEL).embed(sentences, n -> {});
      // All in one batch: the short ones are mostly padding.
      float[][] padded =
          MiniLmFixture.MODEL.forward(Batch.of(tokenizer.encode(sentences))).toFloatMatrix();
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], bucketed[i], TOLERANCE, sentences.get(i));
        assertArrayEquals(expected[i], padded[i], TOLERANCE, sentences.get(i));
      }
    }
  }

  @Test
  void firstTokenPoolingEqualsThatOfOnnxRuntime() {
    List<String> sentences = StsData.calibration(8);
    Tokenizer tokenizer = MiniLmFixture.tokenizer("query: ", 12);
    MiniLm model = MiniLmFixture.MODEL;
    MiniLm cls = new MiniLm(model.embeddings(), model.encoder(), Pooling.CLS);
    try (PeerModel peer = new PeerModel(MiniLmFixture.FILE, tokenizer, Pooling.CLS)) {
      float[][] expected = peer.embed(sentences, n -> {});
      float[][] actual = new BatchEmbedder(tokenizer, cls).embed(sentences, n -> {});
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], actual[i], TOLERANCE, sentences.get(i));
      }
    }
  }
}
