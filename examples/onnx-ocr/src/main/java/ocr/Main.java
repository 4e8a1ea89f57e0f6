package ocr;

import ai.onnxruntime.OrtException;
import dev.bitfold.Plan;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.model.OnnxLayer;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Quantizes the three networks of PP-OCRv4, and compares each with its float file. */
public final class Main {
  private static final Path MODELS = Path.of("target", "models");
  private static final int LINE_HEIGHT = 48;
  private static final int LINE_WIDTH = 320;
  private static final int TURNED_WIDTH = 192;
  private static final int PAGE_HEIGHT = 480;
  private static final int PAGE_WIDTH = 640;
  private static final int BATCH = 8;

  /** So few weights have next to no bytes; the detector's first and last layers have fewer. */
  private static final long FEW = 512;

  /** Where the detector says "text". */
  private static final float THRESHOLD = 0.3f;

  private static final SmoothQuantOptions ANNOTATED = SmoothQuantOptions.annotated();

  private static boolean missed;

  private Main() {}

  public static void main(String[] args) throws IOException, OrtException {
    recognizer();
    detector();
    classifier();
    if (missed) {
      System.exit(1);
    }
  }

  /** What is written on a line. */
  private static void recognizer() throws IOException, OrtException {
    Path file = MODELS.resolve("ch_PP-OCRv4_rec_infer.onnx");
    List<Text.Line> test = new Text(2).lines(200);
    // One character that changes outweighs all else in the output, so that a few lines tell nothing
    // of the best cap on all alphas: each layer keeps its own.
    SmoothQuantOptions options = SmoothQuantOptions.annotated().withoutCap();
    Path int8 = quantized(file, batches(new Text(1).lines(64), LINE_WIDTH), options, 0);
    Comparison rec = Comparison.of(file, int8, each(test, LINE_WIDTH));
    Alphabet alphabet = Alphabet.of(MODELS.resolve("ppocr_keys_v1.txt"));
    int before = right(alphabet, test, rec.floats());
    int after = right(alphabet, test, rec.int8());
    System.out.printf(
        "recognizer: %s; lines right: %d of %d, float %d%n", rec, after, test.size(), before);
    require("the recognizer", rec.decibels() >= 20 && after >= before - 2 && rec.bytes() <= 0.30);
  }

  /** Where on a page text is. */
  private static void detector() throws IOException, OrtException {
    Path file = MODELS.resolve("ch_PP-OCRv4_det_infer.onnx");
    List<INDArray> test = pages(4, 10);
    Comparison det = Comparison.of(file, quantized(file, pages(3, 16), ANNOTATED, FEW), test);
    double overlap = det.overlap(THRESHOLD);
    System.out.printf(Locale.ROOT, "detector: %s; overlap of text %.4f%n", det, overlap);
    require("the detector", det.decibels() >= 23 && overlap >= 0.985 && det.bytes() <= 0.30);
  }

  /** Whether a line is upside down. */
  private static void classifier() throws IOException, OrtException {
    Path file = MODELS.resolve("ch_ppocr_mobile_v2.0_cls_infer.onnx");
    List<Text.Line> test = new Text(6).lines(40);
    Path int8 = quantized(file, batches(new Text(5).lines(96), TURNED_WIDTH), ANNOTATED, 0);
    Comparison cls = Comparison.of(file, int8, each(test, TURNED_WIDTH));
    System.out.printf("classifier: %s%n", cls);
  }

  /**
   * Writes the int8 file.
   *
   * @param least layers with fewer weights stay float
   */
  private static Path quantized(
      Path file, List<INDArray> batches, SmoothQuantOptions options, long least)
      throws IOException {
    String name = String.valueOf(file.getFileName()).replace(".onnx", "-int8.onnx");
    Path out = Path.of("target", name);
    try (OnnxModel model = OnnxModel.open(file)) {
      System.out.printf("%s: %d layers%n", file.getFileName(), model.layers().size());
      model.left().forEach(node -> System.out.println("  stays float: " + node));
      String input = model.inputs().get(0).name();
      List<Map<String, INDArray>> feeds = new ArrayList<>();
      batches.forEach(batch -> feeds.add(Map.of(input, batch)));
      // Convolutions whose outputs are floats are computed with floats: no sum saturates.
      Plan<OnnxModel> plan = model.plan().withWeightAmax(WeightAmax.ofDescriptor());
      for (OnnxLayer layer : model.layers()) {
        if (layer.weightShape().stream().reduce(1L, (a, b) -> a * b) < least) {
          plan = plan.skip(layer.path());
        }
      }
      OnnxModel.export(
          plan
              .calibrate(feeds, OnnxModel::forward)
              .smoothQuant(options)
              .correctBiases()
              .freeze(),
          out,
          // Each layer is proved. The whole is not compared: one code that is rounded the other way
          // moves the likeliest characters.
          OnnxOptions.DEFAULT.withProof(OnnxProof.on(feeds.subList(0, 2))));
    }
    return out;
  }

  private static int right(Alphabet alphabet, List<Text.Line> lines, List<float[]> outputs) {
    int right = 0;
    for (int i = 0; i < lines.size(); i++) {
      String read = alphabet.text(outputs.get(i)).replace(" ", "");
      right += read.equals(lines.get(i).text().replace(" ", "")) ? 1 : 0;
    }
    return right;
  }

  private static List<INDArray> batches(List<Text.Line> lines, int width) {
    List<INDArray> batches = new ArrayList<>();
    for (int from = 0; from < lines.size(); from += BATCH) {
      List<Text.Line> some = lines.subList(from, Math.min(lines.size(), from + BATCH));
      batches.add(
          Pixels.LINE.of(some.stream().map(Text.Line::image).toList(), LINE_HEIGHT, width));
    }
    return batches;
  }

  private static List<INDArray> each(List<Text.Line> lines, int width) {
    return lines.stream()
        .map(line -> Pixels.LINE.of(List.of(line.image()), LINE_HEIGHT, width))
        .toList();
  }

  private static List<INDArray> pages(long seed, int count) {
    Text text = new Text(seed);
    return Stream.generate(() -> text.page(PAGE_WIDTH, PAGE_HEIGHT))
        .limit(count)
        .map((BufferedImage page) -> Pixels.PAGE.of(List.of(page), PAGE_HEIGHT, PAGE_WIDTH))
        .toList();
  }

  private static void require(String what, boolean reached) {
    if (!reached) {
      System.out.println(what + " is not what README.md states");
      missed = true;
    }
  }
}
