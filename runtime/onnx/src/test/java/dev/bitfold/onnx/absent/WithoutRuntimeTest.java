package dev.bitfold.onnx.absent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import dev.bitfold.Quantized;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.graph.OnnxGraph;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks that without ONNX Runtime on the class path, an export says so in one sentence. */
class WithoutRuntimeTest {
  private static final String SENTENCE =
      "net: is proved by ONNX Runtime, which is not on the class path: add"
          + " com.microsoft.onnxruntime:onnxruntime, or onnxruntime_gpu, or skip the proof with"
          + " options.withProof(OnnxProof.skipped(reason))";

  /** Loads the classes of this module anew, and knows none of ONNX Runtime. */
  private static final class Hiding extends ClassLoader {
    Hiding(ClassLoader parent) {
      super(parent);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("ai.onnxruntime.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("dev.bitfold.onnx.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? define(name) : loaded;
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    @Override
    public @Nullable URL getResource(String name) {
      return name.startsWith("ai/onnxruntime/") ? null : super.getResource(name);
    }
  }

  /** What the exports of a model say and do, without ONNX Runtime. */
  public static final class Exports implements Callable<List<String>> {
    @Override
    public List<String> call() throws Exception {
      Linear fc = new Linear(random(1, 4, 6), random(2, 4));
      INDArray x = random(3, 32, 6);
      Nets.One net = new Nets.One(fc);
      Quantized<Nets.One> quantized =
          Nets_OneQuantizer.of(net).calibrate(List.of(x), Nets.One::forward).freeze();
      OnnxGraph graph = OnnxGraph.named("net");
      graph.output("y", graph.input("x", -1, 6).layer("fc", fc));
      Path out = Files.createTempDirectory("without").resolve("net.onnx");
      String floats = said(() -> graph.write(net, Nets.One::forward, out));
      String codes = said(() -> graph.export(quantized, Nets.One::forward, out));
      boolean nothing = Files.notExists(out);
      OnnxOptions unproved = OnnxOptions.DEFAULT.withProof(OnnxProof.skipped("none here"));
      var written = graph.export(quantized, unproved, out);
      boolean whole = Files.size(out) == written.bytes();
      return List.of(floats, codes, nothing + " " + whole);
    }

    private static INDArray random(long seed, long... shape) {
      Random random = new Random(seed);
      float[] values = new float[(int) Arrays.stream(shape).reduce(1, Math::multiplyExact)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return DenseFloats.array(values, shape);
    }

    private static String said(Callable<?> export) throws Exception {
      try {
        return "" + export.call();
      } catch (OnnxException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }

  @Test
  void anExportSaysWhatToAdd() throws Exception {
    Class<?> type = new Hiding(getClass().getClassLoader()).loadClass(Exports.class.getName());
    assertNotSame(Exports.class, type);

    Object said = ((Callable<?>) type.getDeclaredConstructor().newInstance()).call();

    assertEquals(List.of(SENTENCE, SENTENCE, "true true"), said);
  }
}
