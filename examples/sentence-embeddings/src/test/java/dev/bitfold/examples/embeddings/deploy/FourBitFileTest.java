package dev.bitfold.examples.embeddings.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.load.BadInputException;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.reconstruction.ScalePrecision;
import dev.bitfold.tuning.Allocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class FourBitFileTest {
  private static final ReconstructionOptions FAST =
      ReconstructionOptions.DEFAULT
          .withSequential(false)
          .withSweeps(0)
          .withScales(ScalePrecision.FLOAT16);

  @Test
  void holdsEveryWeightInFourBits(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("int4.onnx");
    OnnxQdq.Exported exported;
    try (FourBitFile quantized =
        FourBitFile.of(
            MiniLmFixture.FILE,
            MiniLmFixture.TOKENIZER,
            StsData.calibration(24),
            FAST,
            OptionalLong.empty())) {
      exported = quantized.write(out, 4);
    }

    Map<String, Long> operators =
        ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getNodeList().stream()
            .collect(Collectors.groupingBy(NodeProto::getOpType, Collectors.counting()));
    assertEquals(36, operators.get("MatMulNBits"));
    assertEquals(3, operators.get("GatherBlockQuantized"));
    assertTrue(exported.bytes() < 13_400_000, exported.bytes() + " bytes");
    ProofResult.Proved proof = (ProofResult.Proved) exported.proof();
    ProofResult.Rounding rounding = proof.rounding().orElseThrow();
    assertEquals(36, rounding.products());
    assertTrue(rounding.ofBound() <= 1 && rounding.largest() < 0.05, "" + rounding);
    assertEquals(Map.of(), proof.settings(), "any session computes this");

    Evaluation evaluation;
    try (PeerModel fp32 =
        new PeerModel(MiniLmFixture.FILE, MiniLmFixture.TOKENIZER, Pooling.MEAN)) {
      evaluation = new Evaluation(StsData.every(100, StsData.test()), fp32);
    }
    try (PeerModel int4 = new PeerModel(InputFile.of(out), MiniLmFixture.TOKENIZER, Pooling.MEAN)) {
      Score score = evaluation.of("int4", int4, exported.bytes());
      assertTrue(score.cosine() > 0.97, "" + score);
    }
  }

  @Test
  void aBudgetBelowTheSmallestChoiceIsSaidInALine() {
    String message =
        String.valueOf(
            assertThrows(
                    BadInputException.class,
                    () ->
                        FourBitFile.of(
                            MiniLmFixture.FILE,
                            MiniLmFixture.TOKENIZER,
                            StsData.calibration(8),
                            FAST,
                            OptionalLong.of(1000)))
                .getMessage());
    assertTrue(
        message.startsWith("--bytes: a budget of 1000 bytes is below the smallest choice, "),
        message);
  }

  @Test
  void underABudgetWeightsGetFourOrEightBits(@TempDir Path folder) throws Exception {
    long budget = 17_400_000;
    Path out = folder.resolve("mixed.onnx");
    try (FourBitFile quantized =
        FourBitFile.of(
            MiniLmFixture.FILE,
            MiniLmFixture.TOKENIZER,
            StsData.calibration(8),
            FAST,
            OptionalLong.of(budget))) {
      Allocation allocation = quantized.allocation().orElseThrow();
      assertTrue(allocation.chosen().bytes() <= budget, "" + allocation);
      assertEquals(
          Set.of(4, 8),
          allocation.weights().stream()
              .map(weight -> weight.format().orElseThrow().format().bits())
              .collect(Collectors.toSet()));
      OnnxQdq.Exported exported = quantized.write(out, 0);
      assertTrue(exported.proof() instanceof ProofResult.Proved, "" + exported.proof());
      assertTrue(exported.bytes() < 16_000_000, exported.bytes() + " bytes");
    }
  }
}
