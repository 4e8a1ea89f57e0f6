package dev.bitfold.processor.source;

import com.palantir.javapoet.JavaFile;

/** Writes the text of generated files. */
public final class SourceText {
  private SourceText() {}

  /** Returns the text of a file in its final layout. */
  public static String of(JavaFile file) {
    return Reformatter.format(file.toString());
  }
}
