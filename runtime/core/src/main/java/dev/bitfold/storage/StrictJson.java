package dev.bitfold.storage;

import java.io.IOException;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.core.JsonToken;
import org.nd4j.shade.jackson.core.StreamReadFeature;
import org.nd4j.shade.jackson.databind.DeserializationFeature;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.json.JsonMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Reads JSON objects that may be damaged. It refuses a key that occurs twice, text after the
 * object, and nesting deeper than {@value #MAX_DEPTH}. Safe for concurrent use.
 */
public final class StrictJson {
  private static final int MAX_DEPTH = 64;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /**
   * Returns the object that a text holds.
   *
   * @param what the name of the text in messages
   * @throws IllegalArgumentException if the text is not exactly one JSON object
   */
  public static ObjectNode object(String json, String what) {
    try {
      checkDepth(json, what);
      JsonNode node = MAPPER.readTree(json);
      if (node instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(what + " is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(what + " is not JSON: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException(what + " is not a JSON object");
  }

  /** Checks the depth of the tokens first, because a tree of deep JSON may overflow the stack. */
  private static void checkDepth(String json, String what) throws IOException {
    try (JsonParser parser = MAPPER.createParser(json)) {
      int depth = 0;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart() && ++depth > MAX_DEPTH) {
          throw new IllegalArgumentException(
              what + " nests deeper than " + MAX_DEPTH + " levels; it is damaged");
        }
        if (token.isStructEnd()) {
          depth--;
        }
      }
    }
  }
}
