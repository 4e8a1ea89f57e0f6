package dev.bitfold.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.storage.Safetensors;
import dev.bitfold.storage.StateFile;
import dev.bitfold.storage.StateFileException;
import dev.bitfold.storage.StoredTensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the contents of a safetensors file, and for a state file how each tensor is quantized. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Lists the contents of a state file, or of any safetensors file.")
final class Inspect implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "A safetensors file.")
  private Path file = Path.of("");

  @Option(names = "--tensors", description = "List every tensor, not only the quantizers.")
  private boolean tensors;

  @Option(names = "--json", description = "Print everything as one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Safetensors contents = Safetensors.read(file);
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      out.println(toJson(contents).toPrettyString());
    } else {
      print(contents, out);
    }
    out.flush();
    return 0;
  }

  private void print(Safetensors contents, PrintWriter out) throws IOException {
    String version = contents.metadata().get(StateFile.VERSION_KEY);
    out.printf(
        Locale.ROOT,
        "%s: %s, %d bytes, %d tensors%n",
        file,
        version == null ? "safetensors" : "Bitfold state, version " + version,
        Files.size(file),
        contents.tensors().size());
    String summary = contents.metadata().get(StateFile.SUMMARY);
    if (summary != null) {
      out.print(summary(summary));
    }
    if (tensors || summary == null) {
      contents.tensors().forEach((name, tensor) -> out.println(name + "  " + tensor));
    }
  }

  private Summary summary(String text) throws StateFileException {
    try {
      return Summary.ofJson(text);
    } catch (IllegalArgumentException e) {
      throw new StateFileException(file, String.valueOf(e.getMessage()));
    }
  }

  private ObjectNode toJson(Safetensors contents) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("file", file.toString()).put("bytes", Files.size(file));
    String version = contents.metadata().get(StateFile.VERSION_KEY);
    if (version != null) {
      root.put("version", version);
    }
    String summary = contents.metadata().get(StateFile.SUMMARY);
    if (summary != null) {
      root.set("summary", mapper.readTree(summary(summary).toJson()));
    }
    ArrayNode list = root.putArray("tensors");
    contents
        .tensors()
        .forEach(
            (name, tensor) -> {
              ObjectNode node = list.addObject().put("name", name);
              node.put("type", tensor.type().name());
              ArrayNode shape = node.putArray("shape");
              Arrays.stream(tensor.shape()).forEach(shape::add);
              node.put("bytes", bytes(tensor));
            });
    return root;
  }

  private static int bytes(StoredTensor tensor) {
    return tensor.bytes().remaining();
  }
}
