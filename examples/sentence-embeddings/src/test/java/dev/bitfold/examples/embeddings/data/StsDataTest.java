package dev.bitfold.examples.embeddings.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class StsDataTest {
  @Test
  void theTestSplitHas3108PairsInTheOrderOfTheGoldFileForAll() throws Exception {
    List<SentencePair> pairs = StsData.test();
    assertEquals(3108, pairs.size());
    try (var in =
            getClass().getResourceAsStream("/goldstandards/semeval-2012/test/STS.gs.ALL.txt");
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      assertEquals(
          reader.lines().map(Double::valueOf).toList(),
          pairs.stream().map(SentencePair::gold).toList());
    }
  }

  @Test
  void theTrainSplitHas2234PairsInTheOrderOfTheInputFileForAll() throws Exception {
    List<SentencePair> pairs = StsData.train();
    assertEquals(2234, pairs.size());
    try (var in = getClass().getResourceAsStream("/datasets/semeval-2012/train/STS.input.ALL.txt");
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      assertEquals(
          reader.lines().toList(), pairs.stream().map(p -> p.first() + "\t" + p.second()).toList());
    }
  }

  @Test
  void scoresAreFromZeroToFiveAndSentencesAreReadAsUtf8() {
    for (SentencePair pair : StsData.test()) {
      assertTrue(pair.gold() >= 0 && pair.gold() <= 5, pair.toString());
      assertTrue(!pair.first().isBlank() && !pair.second().isBlank(), pair.toString());
    }
    assertTrue(StsData.test().stream().anyMatch(p -> p.first().contains("infected — 62")));
  }

  @Test
  void everyFourthPairOfTheTestSplitAre777() {
    List<SentencePair> pairs = StsData.every(4, StsData.test());
    assertEquals(777, pairs.size());
    assertEquals(StsData.test().get(4), pairs.get(1));
  }

  @Test
  void calibrationSentencesAreDistinctAndSpreadOverTheTrainSplit() {
    List<String> all = StsData.sentences(StsData.train());
    List<String> some = StsData.calibration(256);
    assertEquals(256, new HashSet<>(some).size());
    assertEquals(some, StsData.calibration(256));
    assertEquals(all.get(0), some.get(0));
    for (int i = 1; i < some.size(); i++) {
      int step = all.indexOf(some.get(i)) - all.indexOf(some.get(i - 1));
      assertTrue(step == all.size() / 256 || step == all.size() / 256 + 1, "step " + step);
    }
    assertEquals(all, StsData.calibration(all.size()));
  }

  @Test
  void refusesMoreCalibrationSentencesThanThereAre() {
    assertThrows(IllegalArgumentException.class, () -> StsData.calibration(0));
    assertThrows(IllegalArgumentException.class, () -> StsData.calibration(100_000));
  }
}
