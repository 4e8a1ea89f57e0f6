package dev.bitfold.examples.embeddings.curves;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.MiniLmQuantizer;
import dev.bitfold.smoothquant.AlphaCurve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class CurvesTest {
  private static final List<Curve.Point> POINTS =
      List.of(new Curve.Point("8", 0.98, 0.97), new Curve.Point("64", 0.99, 0.995));

  @Test
  void aCurveIsWrittenAsCsvAndDrawn(@TempDir Path folder) throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      Curve curve = new Curve("sentences", "title", "count", POINTS);

      assertEquals(
          List.of("count,cosine,rho_fp32", "8,0.980000,0.970000", "64,0.990000,0.995000"),
          Files.readAllLines(CurveFiles.csv(curve, folder)));
      assertDrawn(CurveFiles.png(curve, folder, true));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void theErrorOfEachLayerIsWrittenForEachAlpha(@TempDir Path folder) throws IOException {
    List<Batch> batches = List.of(Batch.of(MiniLmFixture.TOKENIZER.encode(StsData.calibration(4))));
    Diagnosis diagnosis =
        MiniLmQuantizer.of(MiniLmFixture.MODEL)
            .calibrate(batches, MiniLm::forward)
            .smoothQuant()
            .diagnose();
    List<String> rows = Files.readAllLines(LayerCurves.csv(diagnosis, folder));

    assertEquals("layer,alpha,error", rows.get(0));
    assertEquals(1 + 36 * 22, rows.size());
    AlphaCurve curve = diagnosis.layer("encoder.3.feedForward.fc2").orElseThrow().curve().get();
    int half = curve.alphas().indexOf(Alpha.of(0.5));
    String expected = String.format(Locale.ROOT, "%.6f", curve.errors().get(half));
    assertTrue(rows.contains("encoder.3.feedForward.fc2,0.5," + expected), expected);
    assertDrawn(LayerCurves.png(diagnosis, folder));
  }

  private static void assertDrawn(Path png) throws IOException {
    assertEquals(640, ImageIO.read(png.toFile()).getWidth());
  }
}
