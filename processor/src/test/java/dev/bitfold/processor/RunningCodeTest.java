package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.testing.compile.Compilation;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.Walk;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import javax.tools.Diagnostic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Runs generated code: layers must compute with what the hooks return. */
class RunningCodeTest {
  /** Hooks that double weights, add 1 to inputs and negate outputs, and note their names. */
  private static final class Recorder implements Walk.Visitor {
    private final List<String> calls = new ArrayList<>();

    @Override
    public ArrayHooks layer(String path, LayerType<?, ?> type) {
      calls.add(path + " " + type.tensors().keySet());
      return new ArrayHooks() {
        @Override
        public @Nullable INDArray tensor(String name, @Nullable INDArray original) {
          calls.add("tensor " + path + "." + name);
          return original == null ? null : original.mul(2);
        }

        @Override
        public void check(String name, @Nullable INDArray held) {
          calls.add("check " + path + "." + name);
        }

        @Override
        public @Nullable INDArray input(String name, @Nullable INDArray x) {
          calls.add("input " + path + "." + name);
          return x == null ? null : x.add(1);
        }

        @Override
        public INDArray output(INDArray y) {
          calls.add("output " + path);
          return y.neg();
        }
      };
    }

    @Override
    public void skipped(String path, Object component) {
      calls.add("skipped " + path);
    }
  }

  private static final String SCALES =
      """
      @Quantize(bits = 8)
      @Quantize(role = Role.INPUT, bits = 8)
      class Scale {
        @Weight final INDArray weight;
        @Bias final INDArray bias;
        Scale(INDArray weight, INDArray bias) { this.weight = weight; this.bias = bias; }
        public INDArray forward(@Input INDArray x) {
          INDArray y = x.mul(weight);
          return bias == null ? y : y.add(bias);
        }
      }
      """;

  private static ClassLoader load(String... sources) {
    String all = String.join("\n", sources);
    Compilation compilation =
        Compiled.compile(
            List.of("-Xlint:all,-auxiliaryclass,-processing"), Compiled.source("Example", all));
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR));
    return new GeneratedClasses(compilation);
  }

  @SuppressWarnings("unchecked")
  private static Component<Object> component(ClassLoader loader, String quantizer)
      throws ReflectiveOperationException {
    Method component = loader.loadClass("com.acme." + quantizer).getDeclaredMethod("component");
    component.setAccessible(true);
    return (Component<Object>) component.invoke(null);
  }

  private static Object create(ClassLoader loader, String type, @Nullable Object... arguments)
      throws ReflectiveOperationException {
    var constructor = loader.loadClass("com.acme." + type).getDeclaredConstructors()[0];
    constructor.setAccessible(true);
    return constructor.newInstance(arguments);
  }

  private static Object get(Object object, String name) throws ReflectiveOperationException {
    Method accessor = object.getClass().getDeclaredMethod(name);
    accessor.setAccessible(true);
    return accessor.invoke(object);
  }

  private static INDArray forward(Object layer, INDArray x) throws ReflectiveOperationException {
    Method forward = layer.getClass().getDeclaredMethod("forward", INDArray.class);
    forward.setAccessible(true);
    return (INDArray) forward.invoke(layer, x);
  }

  @Test
  void subclassComputesWithWhatTheHooksHandOut() throws ReflectiveOperationException {
    ClassLoader loader = load(SCALES, "@QuantizeModel record Net(Scale a, Scale b) {}");
    Object scale = create(loader, "Scale", Nd4j.scalar(3f), null);
    Object net = create(loader, "Net", scale, scale);
    Recorder recorder = new Recorder();

    Object rebuilt = component(loader, "NetQuantizer").rebuild(net, new Walk(recorder));

    assertNotSame(net, rebuilt);
    assertSame(get(rebuilt, "a"), get(rebuilt, "b"), "tied layers stay tied");
    assertEquals(
        List.of(
            "a [weight, bias, x]",
            "tensor a.weight",
            "tensor a.bias",
            "check a.weight",
            "check a.bias"),
        recorder.calls);
    recorder.calls.clear();
    assertEquals(Nd4j.scalar(-(5f + 1) * 6), forward(get(rebuilt, "a"), Nd4j.scalar(5f)));
    assertEquals(List.of("input a.x", "output a"), recorder.calls);
  }

  @Test
  void containersKeepTheirShapeAndNameTheirElements() throws ReflectiveOperationException {
    ClassLoader loader =
        load(
            SCALES,
            """
            @QuantizeModel
            record Net(List<List<Scale>> blocks, Map<String, Scale> heads, Scale[] chain,
                Optional<Scale> extra, @SkipQuantize Scale skipped, Scale missing, int size) {}
            """);
    Object[] scales = new Object[6];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = create(loader, "Scale", Nd4j.scalar(i + 1f), null);
    }
    Object chain = java.lang.reflect.Array.newInstance(loader.loadClass("com.acme.Scale"), 1);
    java.lang.reflect.Array.set(chain, 0, scales[2]);
    Object net =
        create(
            loader,
            "Net",
            List.of(List.of(scales[0])),
            java.util.Map.of("head", scales[1]),
            chain,
            java.util.Optional.of(scales[3]),
            scales[4],
            null,
            7);
    Recorder recorder = new Recorder();

    Object rebuilt = component(loader, "NetQuantizer").rebuild(net, new Walk(recorder));

    assertEquals(
        List.of("blocks.0.0", "heads.head", "chain.0", "extra"),
        recorder.calls.stream()
            .filter(call -> call.contains("["))
            .map(call -> call.substring(0, call.indexOf(' ')))
            .toList());
    assertEquals(
        List.of("skipped skipped"),
        recorder.calls.stream().filter(call -> call.startsWith("skipped")).toList());
    assertSame(scales[4], get(rebuilt, "skipped"));
    assertNull(get(rebuilt, "missing"));
    assertEquals(7, get(rebuilt, "size"));
  }

  @Test
  void aPrivateTypeMayBeTheKeyOfAMap() throws ReflectiveOperationException {
    ClassLoader loader =
        load(
            SCALES,
            """
            @QuantizeModel
            class Net {
              private enum Key { LEFT }
              private final Map<Key, Scale> heads;
              @QuantizeCreator Net(Map<Key, Scale> heads) { this.heads = heads; }
              static Net of(Scale head) { return new Net(Map.of(Key.LEFT, head)); }
              Map<Key, Scale> heads() { return heads; }
            }
            """);
    Object scale = create(loader, "Scale", Nd4j.scalar(3f), null);
    Method of = loader.loadClass("com.acme.Net").getDeclaredMethod("of", scale.getClass());
    of.setAccessible(true);
    Recorder recorder = new Recorder();

    component(loader, "NetQuantizer").rebuild(of.invoke(null, scale), new Walk(recorder));

    assertEquals("heads.LEFT [weight, bias, x]", recorder.calls.get(0));
  }

  @Test
  void modelsAreTreesOfThemselves() throws ReflectiveOperationException {
    ClassLoader loader =
        load(SCALES, "@QuantizeModel record Tree(Scale scale, List<Tree> children) {}");
    Object scale = create(loader, "Scale", Nd4j.scalar(3f), null);
    Object leaf = create(loader, "Tree", create(loader, "Scale", Nd4j.scalar(2f), null), List.of());
    List<Object> children = new ArrayList<>(List.of(leaf, leaf));
    Object tree = create(loader, "Tree", scale, children);
    Recorder recorder = new Recorder();

    Object rebuilt = component(loader, "TreeQuantizer").rebuild(tree, new Walk(recorder));

    assertEquals(
        List.of("scale", "children.0.scale"),
        recorder.calls.stream()
            .filter(call -> call.contains("["))
            .map(call -> call.substring(0, call.indexOf(' ')))
            .toList());
    Object first = ((List<?>) get(rebuilt, "children")).get(0);
    assertEquals(Nd4j.scalar(-(5f + 1) * 4), forward(get(first, "scale"), Nd4j.scalar(5f)));

    children.add(tree);
    String message =
        assertThrows(
                IllegalStateException.class,
                () -> component(loader, "TreeQuantizer").rebuild(tree, new Walk(new Recorder())))
            .getMessage();
    assertEquals(
        "children.2 is the same object as the model, which holds it: a model is a tree", message);
  }

  @Test
  void recordsStandBehindTheirInterfaces() throws ReflectiveOperationException {
    ClassLoader loader =
        load(
            """
            sealed interface Act permits Gate, QuantizedGate, Relu {
              INDArray forward(INDArray x);
              default INDArray twice(INDArray x) { return forward(forward(x)); }
              String name();
            }
            @Quantize(role = Role.INPUT, bits = 8)
            record Gate(INDArray scale, String name) implements Act {
              public INDArray forward(@Input INDArray x) { return x.mul(scale); }
            }
            record Relu(String name) implements Act {
              public INDArray forward(INDArray x) { return x; }
            }
            @QuantizeModel record Net(Act act, Act plain) {}
            """);
    Object gate = create(loader, "Gate", Nd4j.scalar(2f), "gate");
    Object relu = create(loader, "Relu", "relu");
    Recorder recorder = new Recorder();

    Object rebuilt =
        component(loader, "NetQuantizer")
            .rebuild(create(loader, "Net", gate, relu), new Walk(recorder));

    Object wrapper = get(rebuilt, "act");
    assertInstanceOf(loader.loadClass("com.acme.Act"), wrapper);
    assertSame(relu, get(rebuilt, "plain"));
    assertEquals("gate", get(wrapper, "name"));
    Method twice = loader.loadClass("com.acme.Act").getDeclaredMethod("twice", INDArray.class);
    twice.setAccessible(true);
    // forward(x) = -((x + 1) * 2), so 3 -> -8 -> 14: the default method goes through the wrapper.
    assertEquals(Nd4j.scalar(14f), twice.invoke(wrapper, Nd4j.scalar(3f)));
  }

  @Test
  void aQuantizedModelAndAnUnknownSubclassAreRefused() throws ReflectiveOperationException {
    ClassLoader loader =
        load(
            SCALES,
            "@QuantizeModel record Net(Scale a) {}",
            "class Other extends Scale { Other(INDArray weight) { super(weight, null); } }");
    Component<Object> component = component(loader, "NetQuantizer");
    Object net = create(loader, "Net", create(loader, "Scale", Nd4j.scalar(3f), null));
    Object once = component.rebuild(net, new Walk(new Recorder()));
    assertThrows(
        IllegalArgumentException.class, () -> component.rebuild(once, new Walk(new Recorder())));
    Object other = create(loader, "Net", create(loader, "Other", Nd4j.scalar(3f)));
    assertThrows(
        IllegalArgumentException.class, () -> component.rebuild(other, new Walk(new Recorder())));
  }

  @Test
  void alphasAreAsAnnotatedInLayersAndInRecipes() throws ReflectiveOperationException {
    ClassLoader loader =
        load(
            "@Int8 @SmoothQuant class Searched " + LINEAR.formatted("Searched"),
            "@Int8 @SmoothQuant(alpha = 0.5) class Half " + LINEAR.formatted("Half"),
            "@Int8 class Plain " + LINEAR.formatted("Plain"),
            "@Int8 @SmoothQuant @interface Smooth {}",
            "@Int8 @SmoothQuant(alpha = 0.25) @interface Quarter {}",
            "@Int8 @interface Rough {}");

    assertEquals(Alpha.searched(), alpha(loader, "Searched"));
    assertEquals(Alpha.of(0.5), alpha(loader, "Half"));
    assertEquals(Alpha.off(), alpha(loader, "Plain"));
    assertEquals(Alpha.searched(), recipe(loader, "Smooth").alpha());
    assertEquals(Alpha.of(0.25), recipe(loader, "Quarter").alpha());
    assertEquals(Alpha.off(), recipe(loader, "Rough").alpha());
  }

  private static final String LINEAR =
      """
      {
        @Weight(layout = "OI") final INDArray weight;
        %s(INDArray weight) { this.weight = weight; }
        public INDArray forward(@Input(layout = "…C") INDArray x) { return x.mmul(weight.transpose()); }
      }
      """;

  private static Alpha alpha(ClassLoader loader, String layer) throws ReflectiveOperationException {
    Method type = loader.loadClass("com.acme.Quantized" + layer).getMethod("type");
    type.setAccessible(true);
    return ((LayerType<?, ?>) type.invoke(null)).alpha();
  }

  private static Recipe recipe(ClassLoader loader, String name)
      throws ReflectiveOperationException {
    Field recipe = loader.loadClass("com.acme." + name + "Recipe").getDeclaredField("RECIPE");
    recipe.setAccessible(true);
    return (Recipe) recipe.get(null);
  }
}
