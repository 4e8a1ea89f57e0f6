package dev.bitfold.processor.source;

import com.palantir.javapoet.JavaFile;

/** The text of generated files. */
public final class SourceText {
  private SourceText() {}

  /** Returns the text of a file, laid out as a careful person would write it. */
  public static String of(JavaFile file) {
    return Reformatter.format(file.toString());
  }
}
