package ocr;

import ai.onnxruntime.OrtException;
import dev.bitfold.onnx.model.OnnxBudget;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes the three networks of PP-OCRv4, once close to float and once fast, compares each file
 * with the float file, and reads pages with the fast ones.
 */
public final class Main {
  private static final Path MODELS = Path.of("target", "models");
  private static final Path RECOGNIZER = MODELS.resolve("ch_PP-OCRv4_rec_infer.onnx");
  private static final Path DETECTOR = MODELS.resolve("ch_PP-OCRv4_det_infer.onnx");
  private static final Path CLASSIFIER = MODELS.resolve("ch_ppocr_mobile_v2.0_cls_infer.onnx");
  private static final Path ALPHABET = MODELS.resolve("ppocr_keys_v1.txt");
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
    Path recognizer = recognizer();
    Path detector = detector();
    Path classifier = classifier();
    pages(detector, classifier, recognizer);
    if (missed) {
      System.exit(1);
    }
  }

  /** What is written on a line. */
  private static Path recognizer() throws IOException, OrtException {
    List<INDArray> batches = batches(new Text(1).lines(64), PageReader.LINE_WIDTH);
    // One character that changes outweighs all else in the output, so that a few lines tell nothing
    // of the best cap on all alphas: each layer keeps its own.
    SmoothQuantOptions options = SmoothQuantOptions.annotated().withoutCap();
    Path accurate = Int8.accurate(RECOGNIZER, batches, options, 0);
    Path fast =
        Int8.within(
            OnnxBudget.time(0.75),
            RECOGNIZER,
            batches,
            "32 others",
            each(new Text(7).lines(32), PageReader.LINE_WIDTH));
    for (Path int8 : List.of(accurate, fast)) {
      List<Text.Line> test = new Text(2).lines(200);
      Comparison rec = Comparison.of(RECOGNIZER, int8, each(test, PageReader.LINE_WIDTH));
      int before = right(test, rec.floats());
      int after = right(test, rec.int8());
      System.out.printf(
          "recognizer: %s; lines right: %d of %d, float %d%n", rec, after, test.size(), before);
      if (int8.equals(accurate)) {
        require(
            "the recognizer", rec.decibels() >= 20 && after >= before - 2 && rec.bytes() <= 0.30);
      } else {
        require("the fast recognizer", after >= before - 3);
      }
    }
    return fast;
  }

  /** Where on a page text is. */
  private static Path detector() throws IOException, OrtException {
    List<INDArray> test = drawn(4, 10);
    Comparison det =
        Comparison.of(DETECTOR, Int8.accurate(DETECTOR, drawn(3, 16), ANNOTATED, FEW), test);
    double overlap = det.overlap(THRESHOLD);
    System.out.printf(Locale.ROOT, "detector: %s; overlap of text %.4f%n", det, overlap);
    require("the detector", det.decibels() >= 23 && overlap >= 0.985 && det.bytes() <= 0.30);
    fastDetector(0.75, 0.97, test);
    return fastDetector(0.6, 0.955, test);
  }

  private static Path fastDetector(double time, double least, List<INDArray> test)
      throws IOException, OrtException {
    Path fast =
        Int8.within(OnnxBudget.time(time), DETECTOR, drawn(3, 8), "8 pages", drawn(8, 8));
    Comparison det = Comparison.of(DETECTOR, fast, test);
    double overlap = det.overlap(THRESHOLD);
    System.out.printf(Locale.ROOT, "detector: %s; overlap of text %.4f%n", det, overlap);
    require("the fast detector", overlap >= least);
    return fast;
  }

  /** Whether a line is upside down. */
  private static Path classifier() throws IOException, OrtException {
    List<INDArray> batches = batches(new Text(5).lines(96), PageReader.TURNED_WIDTH);
    Path accurate = Int8.accurate(CLASSIFIER, batches, ANNOTATED, 0);
    Path fast =
        Int8.within(
            OnnxBudget.snr(30),
            CLASSIFIER,
            batches,
            "40 others",
            each(new Text(9).lines(40), PageReader.TURNED_WIDTH));
    for (Path int8 : List.of(accurate, fast)) {
      List<INDArray> test = each(new Text(6).lines(40), PageReader.TURNED_WIDTH);
      System.out.printf("classifier: %s%n", Comparison.of(CLASSIFIER, int8, test));
    }
    return fast;
  }

  /** Everything that is on a page, with the fast files and in float. */
  private static void pages(Path detector, Path classifier, Path recognizer)
      throws IOException, OrtException {
    Text text = new Text(10);
    List<Text.Page> pages =
        Stream.generate(() -> text.page(PAGE_WIDTH, PAGE_HEIGHT)).limit(20).toList();
    Alphabet alphabet = Alphabet.of(ALPHABET);
    try (PageReader floats = new PageReader(DETECTOR, CLASSIFIER, RECOGNIZER, alphabet);
        PageReader int8 = new PageReader(detector, classifier, recognizer, alphabet)) {
      PageComparison read = PageComparison.of(floats, int8, pages);
      System.out.println("pages: " + read);
      require("reading pages", read.int8() >= read.floats() - 5);
    }
  }

  private static int right(List<Text.Line> lines, List<float[]> outputs) throws IOException {
    Alphabet alphabet = Alphabet.of(ALPHABET);
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
          Pixels.LINE.of(some.stream().map(Text.Line::image).toList(), PageReader.LINE_HEIGHT, width));
    }
    return batches;
  }

  private static List<INDArray> each(List<Text.Line> lines, int width) {
    return lines.stream()
        .map(line -> Pixels.LINE.of(List.of(line.image()), PageReader.LINE_HEIGHT, width))
        .toList();
  }

  private static List<INDArray> drawn(long seed, int count) {
    Text text = new Text(seed);
    return Stream.generate(() -> text.page(PAGE_WIDTH, PAGE_HEIGHT))
        .limit(count)
        .map(page -> Pixels.PAGE.of(List.of(page.image()), PAGE_HEIGHT, PAGE_WIDTH))
        .toList();
  }

  private static void require(String what, boolean reached) {
    if (!reached) {
      System.out.println(what + " is not what README.md states");
      missed = true;
    }
  }
}
