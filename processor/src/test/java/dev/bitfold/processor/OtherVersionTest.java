package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.JavaFileObjects;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import javax.tools.StandardLocation;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A program that runs with another version of a vendor's class than it was compiled with. */
class OtherVersionTest {
  private static final String DENSE =
      """
      package com.vendor;
      import org.nd4j.linalg.api.ndarray.INDArray;
      public class Dense {
        private final INDArray weight;
        public Dense(INDArray weight) { this.weight = weight; }
        public INDArray weight() { return weight; }
        public INDArray forward(INDArray x) { return x.mmul(weight); }
      }
      """;
  private static final String MIX_IN =
      """
      package com.acme;
      import dev.bitfold.annotations.*;
      import org.nd4j.linalg.api.ndarray.INDArray;
      @Int8
      @QuantizeFor(com.vendor.Dense.class)
      interface DenseMixIn {
        @Weight(layout = "IO") INDArray weight();
        INDArray forward(@Input(layout = "NC") INDArray x);
      }
      """;
  private static final String NET =
      """
      package com.acme;
      import dev.bitfold.annotations.*;
      @QuantizeModel(mixIns = DenseMixIn.class)
      public record Net(com.vendor.Dense fc) {}
      """;

  /** The classes of a program, with a vendor's class of another version. */
  private static final class Program extends ClassLoader {
    private final Compilation program;
    private final Compilation vendor;

    Program(Compilation program, Compilation vendor) {
      super(Program.class.getClassLoader());
      this.program = program;
      this.vendor = vendor;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      JavaFileObject file =
          (name.startsWith("com.vendor.") ? vendor : program)
              .generatedFile(StandardLocation.CLASS_OUTPUT, name.replace('.', '/') + ".class")
              .orElseThrow(() -> new ClassNotFoundException(name));
      try (InputStream in = file.openInputStream()) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    @SuppressWarnings("unchecked")
    Object rebuilt() throws ReflectiveOperationException {
      Constructor<?> dense = loadClass("com.vendor.Dense").getDeclaredConstructors()[0];
      Object[] arguments = new Object[dense.getParameterCount()];
      arguments[0] = Nd4j.ones(2, 2);
      Object net =
          loadClass("com.acme.Net")
              .getDeclaredConstructors()[0]
              .newInstance(dense.newInstance(arguments));
      Method component = loadClass("com.acme.NetQuantizer").getMethod("component");
      return ((Component<Object>) component.invoke(null)).rebuild(net, new Walk(new Visitor()));
    }
  }

  /** Gives every layer its own tensors. */
  private static final class Visitor implements Walk.Visitor {
    @Override
    public ArrayHooks layer(String path, LayerType<?, ?> type) {
      return new ArrayHooks() {
        @Override
        public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
          return original;
        }

        @Override
        public void check(String name, @Nullable INDArray held) {}

        @Override
        public @Nullable INDArray input(String name, @Nullable INDArray x) {
          return x;
        }

        @Override
        public INDArray output(INDArray y) {
          return y;
        }
      };
    }
  }

  private static Compilation compile(JavaFileObject... sources) {
    Compilation compilation = Compiled.compile(List.of("-g"), sources);
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR));
    return compilation;
  }

  private static JavaFileObject source(String name, String text) {
    return JavaFileObjects.forSourceString(name, text);
  }

  private static Program program(String vendor) {
    return new Program(
        compile(
            source("com.vendor.Dense", DENSE),
            source("com.acme.DenseMixIn", MIX_IN),
            source("com.acme.Net", NET)),
        compile(source("com.vendor.Dense", vendor)));
  }

  @Test
  void theSameVersionIsRebuilt() throws ReflectiveOperationException {
    assertTrue(
        program(DENSE).rebuilt().toString().startsWith("Net[fc=com.acme.QuantizedDenseMixIn"));
  }

  @Test
  void aMemberThatIsGoneIsNamedWithItsLayerAndClass() {
    for (String changed :
        List.of(
            DENSE.replace("weight()", "kernel()"),
            DENSE.replace("Dense(INDArray weight)", "Dense(INDArray weight, String name)"))) {
      Program program = program(changed);
      IllegalStateException e = assertThrows(IllegalStateException.class, program::rebuilt);
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("fc: com.vendor.Dense is not the version that"), message);
      assertTrue(message.contains("compile the wrapper again"), message);
    }
  }
}
