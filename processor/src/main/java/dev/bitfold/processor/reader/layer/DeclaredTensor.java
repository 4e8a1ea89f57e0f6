package dev.bitfold.processor.reader.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.model.TensorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A tensor as its own annotations declare it.
 *
 * @param name the member's or parameter's name
 * @param kind what it is
 * @param several whether it is a list or array of them
 * @param variable whether it is a graph's variable, not an array
 * @param layout its axes; empty if what is written makes no sense, which is then reported
 * @param quantizers the quantizers on the member itself
 * @param place the annotation
 */
record DeclaredTensor(
    String name,
    TensorKind kind,
    boolean several,
    boolean variable,
    Optional<Layout> layout,
    List<QuantizerUse> quantizers,
    Place place) {
  /** With more quantizers, from another place that declares the same tensor. */
  DeclaredTensor with(List<QuantizerUse> more) {
    List<QuantizerUse> all = new ArrayList<>(quantizers);
    all.addAll(more);
    return new DeclaredTensor(name, kind, several, variable, layout, List.copyOf(all), place);
  }
}
