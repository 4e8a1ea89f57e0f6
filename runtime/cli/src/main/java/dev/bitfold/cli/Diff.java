package dev.bitfold.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bitfold.storage.Safetensors;
import dev.bitfold.storage.StateFile;
import dev.bitfold.storage.StateFileException;
import dev.bitfold.storage.StoredTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares two safetensors files: tensors by name, and for state files also descriptors. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "Compares two state files, or any two safetensors files.",
      "Exits with 0 if their contents are equal, and with 1 if not."
    })
final class Diff implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Describes one difference, and the name of what differs. */
  private record Difference(String name, String what) {}

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "A", description = "A safetensors file.")
  private Path a = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Another one.")
  private Path b = Path.of("");

  @Option(names = "--json", description = "Print the differences as a JSON array.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Safetensors left = Safetensors.read(a);
    Safetensors right = Safetensors.read(b);
    List<Difference> differences = new ArrayList<>();
    compareObjects("descriptor", descriptors(a, left), descriptors(b, right), differences);
    compareTensors(left, right, differences);
    print(differences);
    return differences.isEmpty() ? 0 : Bitfold.DIFFERENT;
  }

  private void print(List<Difference> differences) {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ArrayNode list = JSON.createArrayNode();
      differences.forEach(d -> list.addObject().put("name", d.name()).put("difference", d.what()));
      out.println(list.toPrettyString());
    } else {
      differences.forEach(d -> out.println(d.name() + ": " + d.what()));
    }
    out.flush();
  }

  private static JsonNode descriptors(Path file, Safetensors contents) throws IOException {
    String text = contents.metadata().getOrDefault(StateFile.DESCRIPTORS, "{}");
    JsonNode node = JSON.readTree(text);
    if (!(node instanceof ObjectNode)) {
      throw new StateFileException(file, StateFile.DESCRIPTORS + " is not a JSON object");
    }
    return node;
  }

  private void compareObjects(
      String what, JsonNode left, JsonNode right, List<Difference> differences) {
    Set<String> names = new LinkedHashSet<>();
    left.fieldNames().forEachRemaining(names::add);
    right.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      if (!left.has(name) || !right.has(name)) {
        differences.add(
            new Difference(name, "its " + what + " is only in " + (left.has(name) ? a : b)));
      } else if (!left.get(name).equals(right.get(name))) {
        differences.add(
            new Difference(name, what + " " + left.get(name) + " and " + right.get(name)));
      }
    }
  }

  private void compareTensors(Safetensors left, Safetensors right, List<Difference> differences) {
    Set<String> names = new LinkedHashSet<>(left.tensors().keySet());
    names.addAll(right.tensors().keySet());
    for (String name : names) {
      StoredTensor x = left.tensors().get(name);
      StoredTensor y = right.tensors().get(name);
      if (x == null || y == null) {
        differences.add(new Difference(name, "only in " + (x == null ? b : a)));
      } else if (x.type() != y.type() || !Arrays.equals(x.shape(), y.shape())) {
        differences.add(new Difference(name, x + " and " + y));
      } else if (!x.bytes().equals(y.bytes())) {
        differences.add(new Difference(name, values(x, y)));
      }
    }
  }

  private static String values(StoredTensor x, StoredTensor y) {
    if (x.type() != StoredTensor.Type.F32) {
      byte[] left = x.toBytes();
      byte[] right = y.toBytes();
      int differing = 0;
      for (int i = 0; i < left.length; i++) {
        differing += left[i] == right[i] ? 0 : 1;
      }
      return differing + " of " + left.length + " codes differ";
    }
    float[] left = x.toFloats();
    float[] right = y.toFloats();
    int differing = 0;
    double largest = 0;
    for (int i = 0; i < left.length; i++) {
      if (Float.floatToIntBits(left[i]) != Float.floatToIntBits(right[i])) {
        differing++;
        largest = Math.max(largest, Math.abs((double) left[i] - right[i]));
      }
    }
    return String.format(
        Locale.ROOT, "%d of %d values differ, by %.3g at most", differing, left.length, largest);
  }
}
