package dev.bitfold.cli.input;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.data.Feeds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes batches of texts. The texts of a batch have equally many tokens, so that nothing is padded
 * and what calibrates are tokens of texts only.
 *
 * @param maxTokens longer texts are cut
 * @param prefix what the model wants before each text, such as {@code "query: "}
 */
record TextFeeds(Path tokenizer, Path texts, int maxTokens, String prefix) {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";
  private static final String TYPES = "token_type_ids";

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Tokens(long[] ids, long[] types) {}

  Feeds read(List<FeedInput> inputs, int rows, long bytes) throws IOException {
    List<String> names = inputs.stream().map(FeedInput::name).toList();
    for (String name : names) {
      if (!List.of(IDS, MASK, TYPES).contains(name)) {
        throw new BadInputException(
            texts
                + ": texts become input_ids, attention_mask and token_type_ids; the model's input '"
                + name
                + "' is none of them: bind it with --bind, or give arrays with --data");
      }
    }
    if (!names.contains(IDS)) {
      throw new BadInputException(
          texts
              + ": the model has no input input_ids, so it takes no texts; its inputs are "
              + names);
    }
    List<Tokens> tokens = encode(lines());
    tokens.sort(Comparator.comparingInt(t -> t.ids().length));
    List<Map<String, INDArray>> batches = new ArrayList<>();
    int from = 0;
    while (from < tokens.size()) {
      int length = tokens.get(from).ids().length;
      long each = Math.max(1, bytes / ((long) length * Long.BYTES * names.size()));
      int to = from;
      while (to < tokens.size()
          && tokens.get(to).ids().length == length
          && to - from < Math.min(rows, each)) {
        to++;
      }
      batches.add(batch(tokens.subList(from, to), names));
      from = to;
    }
    return Feeds.of(batches);
  }

  private static Map<String, INDArray> batch(List<Tokens> tokens, List<String> names) {
    long[][] ids = tokens.stream().map(Tokens::ids).toArray(long[][]::new);
    Map<String, INDArray> batch = new LinkedHashMap<>();
    for (String name : names) {
      batch.put(
          name,
          switch (name) {
            case IDS -> Nd4j.createFromArray(ids);
            case MASK -> Nd4j.createFromArray(ids).assign(1);
            default ->
                Nd4j.createFromArray(tokens.stream().map(Tokens::types).toArray(long[][]::new));
          });
    }
    return batch;
  }

  private List<String> lines() throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(texts).stream().filter(line -> !line.isBlank()).toList();
    } catch (MalformedInputException e) {
      throw new BadInputException(texts + ": is not text in UTF-8", e);
    }
    if (lines.isEmpty()) {
      throw new BadInputException(texts + ": holds no text; write one text a line");
    }
    return lines;
  }

  private List<Tokens> encode(List<String> lines) throws IOException {
    String max = Integer.toString(maxTokens);
    try (HuggingFaceTokenizer tokens =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(Files.readAllBytes(tokenizer)),
            Map.of(
                "padding",
                "false",
                "truncation",
                "true",
                "maxLength",
                max,
                "modelMaxLength",
                max))) {
      List<Tokens> all = new ArrayList<>();
      for (String line : lines) {
        Encoding encoding = tokens.encode(prefix + line);
        all.add(new Tokens(encoding.getIds(), encoding.getTypeIds()));
      }
      return all;
    } catch (java.nio.file.NoSuchFileException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(tokenizer + ": is not a tokenizer.json: " + e.getMessage(), e);
    }
  }
}
