package dev.bitfold.processor.reader.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.model.TensorKind;
import java.util.ArrayList;
import java.util.List;

/**
 * Describes a tensor as all its annotations declare it.
 *
 * @param name the name of the member or parameter
 * @param declarations the declarations by its annotations, at least one, in the order of the source
 * @param quantizers the quantizers on the members of that name
 */
public record DeclaredTensor(
    String name, List<TensorDeclaration> declarations, List<MemberQuantizers> quantizers) {
  /** Copies the lists. */
  public DeclaredTensor {
    declarations = List.copyOf(declarations);
    quantizers = List.copyOf(quantizers);
  }

  /** Returns the declaration that decides. */
  public TensorDeclaration first() {
    return declarations.get(0);
  }

  /** Returns the kind of the tensor. */
  public TensorKind kind() {
    return first().kind();
  }

  /** Returns whether it is a list or array of tensors. */
  public boolean several() {
    return declarations.stream().anyMatch(TensorDeclaration::several);
  }

  /** Returns whether it is a variable of a graph. */
  public boolean variable() {
    return first().variable();
  }

  /** Returns its axes, from the first declaration that knows them. */
  public Layout layout() {
    return declarations.stream()
        .filter(TensorDeclaration::hasLayout)
        .findFirst()
        .flatMap(TensorDeclaration::layout)
        .orElse(Layout.UNKNOWN);
  }

  /** Returns whether every layout that is written is valid. */
  public boolean isReadable() {
    return declarations.stream().allMatch(declaration -> declaration.layout().isPresent());
  }

  /** Returns the annotation that declares it. */
  public Place place() {
    return first().use().place();
  }

  /** Returns the quantizers of its members, starting with those of the first member. */
  public List<QuantizerUse> memberQuantizers() {
    return quantizers.stream().flatMap(member -> member.of(kind()).stream()).toList();
  }

  /** Returns the tensor with the quantizers of one more member of its name. */
  DeclaredTensor with(MemberQuantizers more) {
    List<MemberQuantizers> all = new ArrayList<>(quantizers);
    all.add(more);
    return new DeclaredTensor(name, declarations, all);
  }

  /** Returns the tensor with one more declaration, of another member of its name. */
  DeclaredTensor with(TensorDeclaration more) {
    List<TensorDeclaration> all = new ArrayList<>(declarations);
    all.add(more);
    return new DeclaredTensor(name, all, quantizers);
  }
}
