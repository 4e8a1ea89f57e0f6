package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The table of errors in docs/numerics.md: for each format and granularity the signal to noise
 * ratio in dB on a normal tensor and on one with outlier channels, and the bits that a packed
 * element takes with its share of the scales. {@code -Dupdate.goldens} writes it.
 */
@Tag("any-jdk")
class SignalToNoiseTest {
  private static final int ROWS = 512;
  private static final int COLUMNS = 768;
  private static final Path PAGE = Path.of("..", "..", "docs", "numerics.md");
  private static final String BEGIN = "<!-- table: SignalToNoiseTest -->\n";
  private static final String END = "<!-- end of table -->";

  private final StringBuilder table = new StringBuilder();

  @Test
  void theDocumentedTableIsComputed() throws IOException {
    String page = Files.readString(PAGE);
    int from = page.indexOf(BEGIN) + BEGIN.length();
    int to = page.indexOf(END);
    fill();
    if (System.getProperty("update.goldens") != null) {
      Files.writeString(PAGE, page.substring(0, from) + table + page.substring(to));
      return;
    }
    assertEquals(table.toString(), page.substring(from, to));
  }

  private void fill() {
    INDArray normal = tensor(false);
    INDArray outliers = tensor(true);
    table.append("| format | granularity | bits per element | normal, dB | outliers, dB |\n");
    table.append("|---|---|---|---|---|\n");
    for (int bits : new int[] {16, 8, 6, 4}) {
      row("int" + bits, builder().bits(bits), normal, outliers, "per tensor");
    }
    row("int8", builder().axis(0), normal, outliers, "per row");
    row("int8", builder().axis(-1), normal, outliers, "per column");
    row("int8 affine", builder().affine(true), normal, outliers, "per tensor");
    row("int4", builder().bits(4).axis(0), normal, outliers, "per row");
    row("int4", builder().bits(4).blockSizes(block(32)), normal, outliers, "blocks of 32");
    row(
        "int4, int8 scales",
        builder().bits(4).blockSizes(block(32)).scaleBlockSizes(BlockSize.axis(-1, 256)),
        normal,
        outliers,
        "blocks of 32");
    row(
        "NF4",
        builder().format(Format.NF4).blockSizes(block(64)),
        normal,
        outliers,
        "blocks of 64");
    row(
        "NF4, int8 scales",
        builder().format(Format.NF4).blockSizes(block(64)).scaleBits(8),
        normal,
        outliers,
        "blocks of 64");
    int[][] floats = {{4, 3}, {5, 2}, {3, 2}, {2, 3}, {2, 1}};
    for (int[] bits : floats) {
      String name = "E" + bits[0] + "M" + bits[1];
      row(name, builder().bits(bits), normal, outliers, "per tensor");
    }
    for (int[] bits : floats) {
      String name = "MX E" + bits[0] + "M" + bits[1];
      row(name, mx(bits), normal, outliers, "blocks of 32");
      row(name + ", ceil", mx(bits).scaleRule(ScaleRule.CEIL), normal, outliers, "blocks of 32");
    }
    row("MXINT8", mx(8), normal, outliers, "blocks of 32");
    row(
        "NVFP4",
        builder().bits(2, 1).blockSizes(block(16)).scaleBits(4, 3),
        normal,
        outliers,
        "blocks of 16");
  }

  private static QuantDescriptor.Builder builder() {
    return QuantDescriptor.builder();
  }

  private static QuantDescriptor.Builder mx(int... bits) {
    return builder().bits(bits).blockSizes(block(32)).scaleBits(8, 0);
  }

  private static BlockSize block(int size) {
    return BlockSize.axis(-1, size);
  }

  private void row(
      String name,
      QuantDescriptor.Builder builder,
      INDArray normal,
      INDArray outliers,
      String granularity) {
    Quantizer quantizer = Quantizer.of(builder.build());
    String line =
        String.format(
            Locale.ROOT,
            "| %s | %s | %.2f | %.1f | %.1f |\n",
            name,
            granularity,
            8.0 * quantizer.pack(normal).bytes() / normal.length(),
            decibels(normal, quantizer.quantize(normal)),
            decibels(outliers, quantizer.quantize(outliers)));
    table.append(line);
  }

  private static double decibels(INDArray x, INDArray y) {
    float[] a = Arrangement.floats(x);
    float[] b = Arrangement.floats(y);
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < a.length; i++) {
      signal += (double) a[i] * a[i];
      noise += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return 10 * Math.log10(signal / noise);
  }

  /** Normal; with outliers, one column in a hundred is fifty times as large. */
  private static INDArray tensor(boolean outliers) {
    Random random = new Random(20260101);
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      float factor = outliers && i % COLUMNS % 100 == 7 ? 50f : 1f;
      values[i] = factor * (float) random.nextGaussian();
    }
    return DenseFloats.array(values, ROWS, COLUMNS);
  }
}
