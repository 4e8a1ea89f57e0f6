package dev.bitfold.cli;

import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.cli.measure.Figures;
import dev.bitfold.cli.measure.SideBySide;
import dev.bitfold.descriptor.NearestName;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What every output must reach.
 *
 * @param value the smallest value that will do
 */
record Bound(Figure figure, double value) {
  /** What can be bounded. */
  enum Figure {
    COSINE("cosine", 1),
    WORST_COSINE("worst-cosine", 1),
    SNR("snr", Double.POSITIVE_INFINITY);

    private final String text;
    private final double largest;

    Figure(String text, double largest) {
      this.text = text;
      this.largest = largest;
    }

    double of(Figures figures) {
      return switch (this) {
        case COSINE -> figures.cosine();
        case WORST_COSINE -> figures.worstCosine();
        case SNR -> figures.snr();
      };
    }
  }

  /** Reads {@code cosine=0.995}. */
  static Bound of(String text) {
    String[] parts = text.split("=", -1);
    List<String> known = Stream.of(Figure.values()).map(f -> f.text).toList();
    Figure figure =
        Stream.of(Figure.values())
            .filter(f -> f.text.equals(parts[0].strip()))
            .findFirst()
            .orElseThrow(
                () ->
                    new BadInputException(
                        "--at-least "
                            + text
                            + ": there is no figure '"
                            + parts[0].strip()
                            + "'; "
                            + NearestName.question(parts[0].strip(), known)));
    try {
      if (parts.length == 2 && Double.isFinite(Double.parseDouble(parts[1]))) {
        double value = Double.parseDouble(parts[1]);
        if (value > figure.largest) {
          throw new BadInputException(
              "--at-least " + text + ": no file can reach it, as a cosine is at most 1");
        }
        return new Bound(figure, value);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new BadInputException(
        "--at-least " + text + ": expected is a number, such as " + figure.text + "=0.995");
  }

  /** Says which bounds are not met; the exit code. */
  static int report(List<Bound> bounds, SideBySide result, PrintWriter err) {
    int code = 0;
    for (Bound bound : bounds) {
      for (var output : result.outputs().entrySet()) {
        double reached = bound.figure.of(output.getValue());
        if (!(reached >= bound.value)) {
          err.printf(
              Locale.ROOT,
              "bitfold: output '%s' reaches %s=%.6f, not %s on %s%n",
              output.getKey(),
              bound.figure.text,
              reached,
              bound.value,
              result.data());
          code = Bitfold.BOUND_NOT_MET;
        }
      }
    }
    err.flush();
    return code;
  }
}
