package dev.bitfold.onnx.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;

/** Writes the entries of a file's {@code metadata_props}. */
final class Metadata {
  private Metadata() {}

  /** Adds entries; those of the same name are replaced. */
  static void put(ModelProto.Builder model, Map<String, String> entries) {
    List<StringStringEntryProto> kept = new ArrayList<>(model.getMetadataPropsList());
    kept.removeIf(entry -> entries.containsKey(entry.getKey()));
    model.clearMetadataProps().addAllMetadataProps(kept);
    entries.forEach(
        (name, value) ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(name).setValue(value)));
  }
}
