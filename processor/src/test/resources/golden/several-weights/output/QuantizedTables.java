package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;

/**
 * Builds {@link Tables} again in a quantized model; only its weights differ, so it needs no wrapper.
 *
 * <ul>
 *   <li>{@code tables[i]}: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedTables {
  private static final LayerType<Tables, Tables> TYPE =
      LayerType.builder(Tables.class, QuantizedTables::rebuild)
          .weight("tables", "", QuantDescriptor.builder().bits(8).build())
          .several("tables", layer -> layer.tables())
          .build();

  private QuantizedTables() {}

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Tables, Tables> type() {
    return TYPE;
  }

  private static Tables rebuild(Tables layer, ArrayHooks hooks) {
    Tables rebuilt = new Tables(hooks.tensors("tables", layer.tables()), layer.name());
    hooks.check("tables", rebuilt.tables(), layer.tables());
    return rebuilt;
  }
}
