package dev.bitfold.processor.reader;

import javax.lang.model.type.TypeMirror;

/** Types as people write them, without packages. */
public final class TypeText {
  private TypeText() {}

  /** {@code List<INDArray>}. */
  public static String of(TypeMirror type) {
    return type.toString()
        .replaceAll("\\([^()]*@[^()]*\\)|@[\\w.]+(\\([^()]*\\))? ?", "")
        .replaceAll("[\\w.]*\\.(\\w+)", "$1")
        .replace(",", ", ")
        .trim();
  }
}
