package dev.bitfold.onnx.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;
import org.junit.jupiter.api.Test;

/** Entries are added to those of the file. */
class MetadataTest {
  private static StringStringEntryProto entry(String name, String value) {
    return StringStringEntryProto.newBuilder().setKey(name).setValue(value).build();
  }

  @Test
  void entriesAreAddedAndThoseOfTheSameNameReplaced() {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .addMetadataProps(entry("author", "somebody"))
            .addMetadataProps(entry("budget", "old"));
    OnnxOptions options =
        OnnxOptions.DEFAULT.withMetadata("budget", "new").withMetadata("data", "8 pages");
    assertEquals(Map.of("budget", "new", "data", "8 pages"), options.metadata());

    Metadata.put(model, new LinkedHashMap<>(options.metadata()));

    assertEquals(
        List.of(entry("author", "somebody"), entry("budget", "new"), entry("data", "8 pages")),
        model.getMetadataPropsList());
  }
}
