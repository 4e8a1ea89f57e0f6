package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Checks that opening a model says in one sentence that ONNX Runtime is absent. */
class WithoutRuntimeTest {
  @Test
  void openingSaysWhatToAdd() throws Exception {
    List<URL> others = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
      if (!Path.of(entry).getFileName().toString().startsWith("onnxruntime")) {
        others.add(Path.of(entry).toUri().toURL());
      }
    }
    ClassLoader platform = ClassLoader.getPlatformClassLoader();
    try (URLClassLoader without = new URLClassLoader(others.toArray(URL[]::new), platform)) {
      Object builder =
          without
              .loadClass("dev.bitfold.onnx.model.OnnxModel")
              .getMethod("from", byte[].class)
              .invoke(null, (Object) new byte[] {1});
      InvocationTargetException e =
          assertThrows(
              InvocationTargetException.class,
              () -> builder.getClass().getMethod("open").invoke(builder));
      assertEquals(
          "the model: is run by ONNX Runtime, which is not on the class path: add"
              + " com.microsoft.onnxruntime:onnxruntime, or onnxruntime_gpu",
          Objects.requireNonNull(e.getCause()).getMessage());
    }
  }
}
