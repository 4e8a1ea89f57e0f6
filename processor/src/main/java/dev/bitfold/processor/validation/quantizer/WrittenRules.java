package dev.bitfold.processor.validation.quantizer;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import java.util.List;
import java.util.Locale;
import javax.lang.model.element.AnnotationValue;

/**
 * Checks a {@code @Quantize} that a user wrote, in addition to the rules of its descriptor: every
 * written element must have an effect. A descriptor may hold an amax of 0, or a calibrator that its
 * amax overrides, because those of the peers can; nobody writes either on purpose.
 */
final class WrittenRules {
  private static final List<String> LISTS =
      List.of("axis", "blockSizes", "scaleBits", "scaleBlockSizes", "amax");
  private static final List<String> TEXTS = List.of("per", "name");

  private final QuantizerUse quantizer;
  private final AnnotationUse use;
  private final String subject;
  private final Problems problems;

  WrittenRules(QuantizerUse quantizer, String subject, Problems problems) {
    this.quantizer = quantizer;
    this.use = quantizer.written();
    this.subject = subject;
    this.problems = problems;
  }

  /** Reports elements that have no effect, in addition to invalid descriptors. */
  void check() {
    LISTS.forEach(name -> use.value(name).ifPresent(v -> empty(name, isEmptyList(v), "{}")));
    TEXTS.forEach(name -> use.value(name).ifPresent(v -> empty(name, isBlank(v), text(v))));
    use.value("percentile").ifPresent(this::percentileIsFraction);
    use.value("amax").ifPresent(this::amaxIsNone);
    use.value("scaleAmax").ifPresent(this::scaleAmaxIsNone);
    quantizer.descriptor().ifPresent(this::combined);
  }

  private boolean isWritten(String name) {
    return use.value(name).isPresent();
  }

  private void broken(ProblemId id, String element, String message, String fix) {
    problems.add(id, use.place(element), subject, message, fix);
  }

  private static boolean isEmptyList(AnnotationValue value) {
    return AnnotationValues.list(value).isEmpty();
  }

  private static boolean isBlank(AnnotationValue value) {
    return AnnotationValues.text(value).isBlank();
  }

  private static String text(AnnotationValue value) {
    return '"' + AnnotationValues.text(value) + '"';
  }

  private void empty(String name, boolean isEmpty, String text) {
    // A blank in {@code per} is an invalid letter, which the descriptor's rules report.
    if (isEmpty && (!name.equals("per") || text.length() == 2)) {
      problems.add(
          ProblemId.EMPTY_ELEMENT, use.place(name), subject, name + " = " + text, use.label());
    }
  }

  private void percentileIsFraction(AnnotationValue value) {
    double percentile = AnnotationValues.number(value);
    if (percentile > 0 && percentile <= 1) {
      broken(
          ProblemId.PERCENTILE_RANGE,
          "percentile",
          "percentile = " + percentile,
          "a percentile is out of 100, so this would clip all but the smallest values: did you mean "
              + String.format(Locale.ROOT, "%.6g", 100 * percentile).replaceAll("0+$|\\.0*$", "")
              + "?");
    }
  }

  private void amaxIsNone(AnnotationValue value) {
    for (double amax : AnnotationValues.doubles(value)) {
      if (amax >= 0 && amax < Float.MIN_NORMAL) {
        broken(
            ProblemId.AMAX_VALUE,
            "amax",
            "amax = " + amax + (amax == 0 ? "" : ", which is too small for float32"),
            "every value would become 0: write the largest magnitude to keep");
        return;
      }
    }
  }

  private void scaleAmaxIsNone(AnnotationValue value) {
    double factor = AnnotationValues.number(value);
    if (factor >= 0 && factor < Float.MIN_NORMAL) {
      broken(
          ProblemId.SCALE_AMAX,
          "scaleAmax",
          "scaleAmax = " + factor,
          "every value would become 0: write a factor above 0");
    }
  }

  private void combined(QuantDescriptor d) {
    format(d);
    calibration(d);
    granularity(d);
    learned(d);
  }

  private void format(QuantDescriptor d) {
    if (d.namedFormat() != Format.BITS && isWritten("bits")) {
      broken(
          ProblemId.FORMAT_WITH_BITS,
          "format",
          "format = " + d.namedFormat() + " with bits = " + d.bits(),
          "leave bits out: the format fixes them");
    }
    if (d.unsigned() && d.narrowRange()) {
      broken(
          ProblemId.NARROW_FLOAT,
          "narrowRange",
          "narrowRange = true with unsigned = true",
          "only a signed range can be narrow: leave narrowRange out");
    }
  }

  private void calibration(QuantDescriptor d) {
    if (isWritten("percentile") && d.calib() != Calib.PERCENTILE) {
      unused(ProblemId.PERCENTILE_UNUSED, "percentile", d.percentile(), d, "PERCENTILE");
    }
    if (isWritten("bins") && !d.calib().usesBins()) {
      unused(ProblemId.BINS_UNUSED, "bins", d.bins(), d, "PERCENTILE, MSE or ENTROPY");
    }
    if (isWritten("calib") && !d.amax().isEmpty()) {
      broken(
          ProblemId.CALIB_METHOD,
          "calib",
          "calib = " + d.calib() + " with amax = " + d.amax(),
          "a fixed amax is not calibrated: leave out one of the two");
    }
  }

  private void unused(ProblemId id, String element, Object value, QuantDescriptor d, String of) {
    // Only the default reaches this point; the descriptor's own rules refuse other values.
    if (problems.list().stream().noneMatch(p -> p.place().equals(use.place(element)))) {
      broken(
          id,
          element,
          element + " = " + value + " with calib = " + d.calib(),
          "add calib = " + of + ", or leave it out");
    }
  }

  private void granularity(QuantDescriptor d) {
    boolean globalScale = d.scaleFormat() == ScaleFormat.E4M3;
    if (d.amax().size() == 1 && !d.perTensor() && !globalScale) {
      broken(
          ProblemId.AMAX_COUNT,
          "amax",
          "amax = " + d.amax() + " with " + kept(d),
          "one number is the amax of the whole tensor: give one number per scale, or leave out one of the"
              + " two");
    }
  }

  private static String kept(QuantDescriptor d) {
    if (!d.blockSizes().isEmpty()) {
      return "blockSizes";
    }
    return d.per().isEmpty() ? "axis = " + d.axis() : "per = \"" + d.per() + '"';
  }

  private void learned(QuantDescriptor d) {
    boolean byEstimator = d.ste() == Ste.LSQ || d.ste() == Ste.PACT;
    if (!d.learnAmax() && !byEstimator) {
      return;
    }
    String element = byEstimator ? "ste" : "learnAmax";
    String written = byEstimator ? "ste = " + d.ste() : "learnAmax = true";
    if (d.affine()) {
      broken(
          ProblemId.STE,
          element,
          written + " with affine = true",
          "a scale with a zero point cannot be learned: leave out one of the two");
    }
    if (d.scaleFormat() != ScaleFormat.FLOAT32) {
      broken(
          ProblemId.STE,
          element,
          written + " with scaleBits = " + d.scaleBits(),
          "quantized block scales cannot be learned: leave out one of the two");
    }
    if (d.scaleAmax() != 1) {
      broken(
          ProblemId.STE,
          element,
          written + " with scaleAmax = " + d.scaleAmax(),
          "training changes the amax itself: leave out one of the two");
    }
    if (d.ste() == Ste.LSQ && d.format().integers().isEmpty()) {
      broken(
          ProblemId.STE,
          element,
          "ste = LSQ with a float format",
          "a step can be learned only for integer formats: use PACT, or learnAmax");
    }
  }

  /** Reports a calibrator that does not suit the role of a tensor. */
  static void checkRole(QuantizerUse quantizer, Role role, String tensor, Problems problems) {
    boolean average =
        quantizer
            .descriptor()
            .filter(d -> d.calib() == Calib.MOVING_AVERAGE && d.amax().isEmpty())
            .isPresent();
    if (average && role == Role.WEIGHT) {
      problems.add(
          ProblemId.CALIB_METHOD,
          quantizer.place("calib"),
          quantizer.recipe() ? quantizer.label() + " on " + tensor : tensor,
          "calib = MOVING_AVERAGE on a weight",
          "a weight is one batch, so there is nothing to average: leave calib out");
    }
  }
}
