package dev.bitfold.cli;

import dev.bitfold.Plan;
import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.model.OnnxBudget;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.model.OnnxModelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Option;

/** The options that say what of a model is quantized, and how. */
final class ModelOptions {
  private static final String SMOOTHED = "int8-smoothquant";
  private static final String PLAIN = "int8";
  private static final String DYNAMIC = "int8-dynamic";
  private static final String WEIGHTS = "int8-weights";

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      defaultValue = SMOOTHED,
      description = {
        "int8-smoothquant: int8 weights with a scale per output channel, uint8 inputs, smoothed"
            + " with",
        "an alpha that is searched for each layer; int8: the same, not smoothed. Without data:",
        "int8-weights: float inputs; int8-dynamic: inputs with a scale that each run takes from"
            + " its",
        "whole batch, so that what a text gets depends on the others. Default: ${DEFAULT-VALUE}."
      })
  private String recipe = SMOOTHED;

  @Option(names = "--dynamic", description = "The recipe int8-dynamic.")
  private boolean dynamic;

  @Option(names = "--weights-only", description = "The recipe int8-weights.")
  private boolean weightsOnly;

  @Option(
      names = "--full-range",
      description = {
        "Weights use all codes of int8: a little more exact, but only for CPUs with VNNI. Others",
        "saturate, and the proof fails there."
      })
  private boolean fullRange;

  @Option(
      names = "--bind",
      paramLabel = "INPUT=VALUE",
      description = {
        "Fixes an input to a number, or to true or false, so that branches fold away, as in",
        "--bind sr=16000. May be given several times."
      })
  private Map<String, String> bind = Map.of();

  @Option(
      names = "--skip",
      paramLabel = "PATTERN",
      description = {
        "A layer that stays float, or a pattern in which * stands for any part of a name. May be",
        "given several times."
      })
  private List<String> skip = List.of();

  @Option(
      names = "--output-name",
      paramLabel = "NAME",
      description = "The output that the search is judged by (default: the first).")
  private @Nullable String output;

  @Option(
      names = "--byte-limit",
      paramLabel = "BYTES",
      defaultValue = "268435456",
      description = {
        "Bytes of float outputs that the searches keep at once (default: ${DEFAULT-VALUE}). Fewer",
        "search on fewer batches."
      })
  private long byteLimit;

  @Option(
      names = "--budget",
      paramLabel = "LIMITS",
      description = {
        "Quantizes tensors between operators as well, which makes convolutions fast, and searches",
        "what stays float: for example 'time<=0.6,cosine>=0.999', with limits of time (of the float",
        "file's), bytes, cosine and snr (in decibels). Not with smoothing."
      })
  private @Nullable String budget;

  /** Returns what the file may take; empty if nothing is searched. */
  Optional<OnnxBudget> budget() {
    try {
      return Optional.ofNullable(budget).map(OnnxBudget::parse);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--budget: " + e.getMessage(), e);
    }
  }

  String recipe() {
    return dynamic ? DYNAMIC : weightsOnly ? WEIGHTS : recipe;
  }

  boolean isSmoothed() {
    return recipe().equals(SMOOTHED) && budget == null;
  }

  boolean isFullRange() {
    return fullRange;
  }

  boolean needsData() {
    return recipe().equals(SMOOTHED) || recipe().equals(PLAIN);
  }

  void check() {
    List<String> known = List.of(SMOOTHED, PLAIN, DYNAMIC, WEIGHTS);
    if (!known.contains(recipe)) {
      throw new BadInputException(
          "there is no recipe '" + recipe + "'; " + NearestName.question(recipe, known));
    }
    if ((dynamic && weightsOnly) || ((dynamic || weightsOnly) && !recipe.equals(SMOOTHED))) {
      throw new BadInputException("give one of --recipe, --dynamic and --weights-only");
    }
    if (byteLimit < 1) {
      throw new BadInputException("--byte-limit " + byteLimit + ": it is 1 at least");
    }
    if (budget().isPresent() && !needsData()) {
      throw new BadInputException(
          "--budget measures on data, and recipe '" + recipe() + "' takes none; leave one out");
    }
    bound();
  }

  OnnxModel open(Path file, int threads) throws IOException {
    OnnxModelBuilder builder = OnnxModel.from(file).threads(threads);
    bound().forEach(builder::bind);
    if (budget != null) {
      builder.points();
    }
    return (output == null ? builder : builder.output(output)).open();
  }

  /** Returns the values of the bound inputs, by name. */
  Map<String, INDArray> bound() {
    Map<String, INDArray> values = new LinkedHashMap<>();
    bind.forEach((name, value) -> values.put(name, scalar(name, value.strip())));
    return values;
  }

  private static INDArray scalar(String name, String value) {
    if (value.equals("true") || value.equals("false")) {
      return Nd4j.scalar(value.equals("true"));
    }
    try {
      return value.matches("[+-]?\\d+")
          ? Nd4j.scalar(Long.parseLong(value))
          : Nd4j.scalar(Float.parseFloat(value));
    } catch (NumberFormatException e) {
      throw new BadInputException(
          "--bind " + name + "=" + value + ": expected is a number, true or false", e);
    }
  }

  Plan<OnnxModel> plan(OnnxModel model) {
    Plan<OnnxModel> plan =
        switch (recipe()) {
          case DYNAMIC -> model.plan().using(Recipe.ONNX_DYNAMIC);
          case WEIGHTS -> model.plan().using(Recipe.INT8_WEIGHTS);
          default -> model.plan();
        };
    plan = plan.withByteLimit(byteLimit);
    for (String pattern : skip) {
      try {
        plan = plan.skip(pattern);
      } catch (IllegalArgumentException e) {
        throw new BadInputException("--skip " + pattern + ": " + e.getMessage(), e);
      }
    }
    return plan;
  }
}
