package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import java.io.IOException;

/** One step of preparing a file, which keeps the outputs. */
interface Pass {
  /** What it does, as messages name it. */
  String name();

  /**
   * The file after the step.
   *
   * @param changes takes what was changed
   * @throws OnnxException if the file cannot be used at all
   */
  OnnxFile apply(OnnxFile file, Changes changes) throws IOException;

  /** A pass of a name. */
  static Pass of(String name, Step step) {
    return new Pass() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public OnnxFile apply(OnnxFile file, Changes changes) throws IOException {
        return step.apply(file, changes);
      }
    };
  }

  /** What a pass does. */
  @FunctionalInterface
  interface Step {
    /** As {@link Pass#apply}. */
    OnnxFile apply(OnnxFile file, Changes changes) throws IOException;
  }
}
