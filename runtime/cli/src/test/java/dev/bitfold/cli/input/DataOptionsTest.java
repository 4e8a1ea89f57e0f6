package dev.bitfold.cli.input;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.onnx.model.data.FeedInput;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine;

/** Texts and images become the arrays that a model takes. */
class DataOptionsTest {
  private static final long OPEN = FeedInput.OPEN;
  private static final List<FeedInput> TOKENS =
      List.of(
          new FeedInput("input_ids", DataType.INT64, List.of(OPEN, OPEN)),
          new FeedInput("attention_mask", DataType.INT32, List.of(OPEN, OPEN)),
          new FeedInput("token_type_ids", DataType.INT64, List.of(OPEN, OPEN)));
  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
       "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
       "post_processor": null, "decoder": null,
       "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1, "b": 2, "c:": 3},
                 "unk_token": "[UNK]"}}
      """;

  private final Path folder;

  DataOptionsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static List<Map<String, INDArray>> read(List<FeedInput> inputs, Object... args)
      throws IOException {
    DataOptions options = new DataOptions();
    String[] words = new String[args.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = args[i].toString();
    }
    new CommandLine(options).parseArgs(words);
    options.check();
    List<Map<String, INDArray>> batches = new ArrayList<>();
    options.read(inputs).forEach(batches::add);
    return batches;
  }

  private static INDArray get(Map<String, INDArray> batch, String name) {
    return Objects.requireNonNull(batch.get(name), name);
  }

  private static String refused(List<FeedInput> inputs, Object... args) {
    return String.valueOf(
        assertThrows(BadInputException.class, () -> read(inputs, args)).getMessage());
  }

  @Test
  void textsOfOneLengthAreABatchWithoutPadding() throws IOException {
    Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Path text = Files.writeString(folder.resolve("lines.txt"), "a b\nb\n\nb x\nb b\na a a\n");

    List<Map<String, INDArray>> all =
        read(TOKENS, "--text", text, "--tokenizer", tokenizer, "--batch-size", 2);
    List<Map<String, INDArray>> cut =
        read(
            TOKENS, "--text", text, "--tokenizer", tokenizer, "--max-tokens", 2, "--prefix", "c: ");

    assertEquals(4, all.size());
    assertArrayEquals(new long[][] {{2}}, get(all.get(0), "input_ids").toLongMatrix());
    assertArrayEquals(new long[][] {{1, 2}, {2, 0}}, get(all.get(1), "input_ids").toLongMatrix());
    assertArrayEquals(new long[][] {{2, 2}}, get(all.get(2), "input_ids").toLongMatrix());
    assertArrayEquals(new long[][] {{1, 1, 1}}, get(all.get(3), "input_ids").toLongMatrix());
    assertEquals(DataType.INT32, get(all.get(1), "attention_mask").dataType());
    assertEquals(4, get(all.get(1), "attention_mask").sumNumber().intValue());
    assertEquals(0, get(all.get(1), "token_type_ids").sumNumber().intValue());
    assertEquals(1, cut.size());
    assertEquals(3, get(cut.get(0), "input_ids").getLong(0, 0));
  }

  @Test
  void batchesOfTextsAreBoundedByBytes() throws IOException {
    Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Path text = Files.writeString(folder.resolve("lines.txt"), "a b\na a\nb b\n");

    // Two tokens of 8 bytes in three arrays are 48 bytes a text.
    assertEquals(
        2, read(TOKENS, "--text", text, "--tokenizer", tokenizer, "--max-batch-bytes", 96).size());
    assertEquals(
        3, read(TOKENS, "--text", text, "--tokenizer", tokenizer, "--max-batch-bytes", 95).size());
  }

  @Test
  void textsThatCannotBeTokenizedAreRefused() throws IOException {
    Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Path garbage = Files.writeString(folder.resolve("garbage.json"), "{}");
    Path text = Files.writeString(folder.resolve("lines.txt"), "a b\n");
    Path blank = Files.writeString(folder.resolve("blank.txt"), "\n \n");
    FeedInput speed = new FeedInput("speed", DataType.FLOAT, List.of());

    assertTrue(
        refused(TOKENS, "--text", text, "--tokenizer", garbage)
            .contains("is not a tokenizer.json"));
    assertTrue(
        refused(TOKENS, "--text", blank, "--tokenizer", tokenizer).contains("holds no text"));
    assertTrue(
        refused(List.of(TOKENS.get(0), speed), "--text", text, "--tokenizer", tokenizer)
            .contains("the model's input 'speed' is none of them"));
    assertTrue(
        refused(List.of(TOKENS.get(1)), "--text", text, "--tokenizer", tokenizer)
            .contains("it takes no texts"));
    assertTrue(refused(TOKENS, "--tokenizer", tokenizer).contains("--tokenizer needs texts"));
  }

  private void image(String name, int width, int height, Color color) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, color.getRGB());
    }
    ImageIO.write(image, "png", folder.resolve(name).toFile());
  }

  @Test
  void imagesAreScaledAndNormalized() throws IOException {
    image("a.png", 4, 4, new Color(255, 51, 0));
    image("b.png", 8, 2, new Color(0, 0, 255));
    image("c.png", 1, 1, new Color(0, 0, 0));
    List<FeedInput> x = List.of(new FeedInput("x", DataType.FLOAT, List.of(OPEN, 3L, OPEN, OPEN)));

    List<Map<String, INDArray>> rgb =
        read(x, "--images", folder, "--size", "2x4", "--mean", "0.5,0.1,0", "--std", "0.5");
    List<Map<String, INDArray>> bgr =
        read(x, "--images", folder, "--size", "2x4", "--bgr", "--pad", "--batch-size", "2");

    INDArray one = get(rgb.get(0), "x");
    assertArrayEquals(new long[] {3, 3, 2, 4}, one.shape());
    assertEquals(1, one.getFloat(0, 0, 1, 3), 1e-6);
    assertEquals((0.2 - 0.1) / 0.5, one.getFloat(0, 1, 0, 0), 1e-6);
    assertEquals(0, one.getFloat(0, 2, 0, 0), 1e-6);
    assertEquals(2, bgr.size());
    INDArray two = get(bgr.get(0), "x");
    assertEquals(0, two.getFloat(0, 0, 0, 0), 1e-6);
    assertEquals(1, two.getFloat(0, 2, 1, 1), 1e-6);
    assertEquals(0, two.getFloat(0, 2, 1, 2), 1e-6);
    assertEquals(1, two.getFloat(1, 0, 0, 3), 1e-6);
    assertEquals(0, two.getFloat(1, 0, 1, 3), 1e-6);
  }

  @Test
  void aModelOfOneChannelGetsTheLuminance() throws IOException {
    image("a.png", 2, 2, new Color(255, 0, 0));
    List<FeedInput> x = List.of(new FeedInput("x", DataType.FLOAT, List.of(1L, 1L, 2L, 2L)));

    assertEquals(
        0.299,
        get(read(x, "--images", folder, "--size", "2x2").get(0), "x").getFloat(0, 0, 0, 0),
        1e-6);
    assertTrue(
        refused(x, "--images", folder, "--size", "2x2", "--mean", "1,2,3")
            .contains("--mean has 3 values for 1 channels"));
  }

  @Test
  void imagesThatDoNotFitAreRefused() throws IOException {
    List<FeedInput> x = List.of(new FeedInput("x", DataType.FLOAT, List.of(2L, 3L, 2L, 2L)));
    assertTrue(refused(x, "--images", folder, "--size", "2x2").contains("holds no image"));
    image("a.png", 2, 2, Color.RED);

    assertTrue(
        refused(x, "--images", folder, "--size", "2x2").contains("the model takes 2 at once"));
    Files.writeString(folder.resolve("b.png"), "no image");
    assertTrue(
        refused(x, "--images", folder, "--size", "2x2")
            .contains("is not an image that can be read"));
    assertTrue(
        refused(TOKENS, "--images", folder, "--size", "2x2").contains("a model with one input"));
  }
}
