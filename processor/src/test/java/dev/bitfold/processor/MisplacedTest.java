package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks annotations that would be ignored in their place, and combinations that the page does not
 * show. A case consists of the expected ids and source text.
 */
@Tag("slow")
class MisplacedTest {
  private static final String WRONG =
      """
      QZ034       | class A { @Weight static INDArray w; @Weight final INDArray v; A(INDArray v) { this.v = v; } }
      QZ034       | class A { @Weight final INDArray v; A(INDArray v) { this.v = v; } @Weight INDArray w(int i) { return v; } }
      QZ034       | record A(@Weight INDArray v, @Quantize(bits = 8) INDArray w) {}
      QZ034       | record A(@Weight INDArray v) { A(@Weight @Quantize(bits = 8) INDArray v) { this.v = v; } }
      QZ034       | class A { @Weight final INDArray v; A(@Input INDArray v) { this.v = v; } }
      QZ034       | class A { @Weight final INDArray v; A(INDArray v) { this.v = v; } public INDArray forward(@Weight INDArray x) { return x; } }
      QZ034       | record A(@Weight INDArray v) { @Quantize(bits = 8) public INDArray forward(INDArray x) { return x; } }
      QZ034       | @Int8Dynamic @QuantizeModel record M(Linear fc) {}
      QZ034       | record A(@Weight(layout = "IO") INDArray v) { @Weight(layout = "OI") public INDArray v() { return v; } }
      QZ034       | record A(@Weight(layout = "IO") INDArray v) { A(@Weight(layout = "OI") INDArray v) { this.v = v; } }
      QZ034       | record A(@Weight(layout = "IO") INDArray v) { A(@Weight(layout = "OI") INDArray v, int n) { this(v); } }
      QZ034       | record A(@Weight INDArray v) { @Weight(layout = "OI") public INDArray v() { return v; } }
      QZ034       | record A(@Weight INDArray v, @Bias(layout = "O") INDArray b) { @Bias(layout = "C") public INDArray b() { return b; } }
      QZ034       | record A(@Weight @Quantize(bits = 8) INDArray v) { @Quantize(bits = 4) public INDArray v() { return v; } }
      QZ034       | record A(@Weight @Quantize(bits = 8) INDArray v) { A(@Quantize(bits = 4) INDArray v) { this.v = v; } }
      QZ034       | @Quantize(bits = 8) @interface R {} record A(@Weight INDArray v) { @R public INDArray v() { return v; } }
      QZ084       | @QuantizeModel record M(@SmoothInto("b") S a, S b, S c) { @SmoothInto("c") public S a() { return a; } } @Int8SmoothQuant class S extends Linear { S(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "…C") INDArray x) { return x; } }
      QZ084       | @QuantizeModel record M(Linear a, @Implementations(Linear.class) Layer b) { M(Linear a, @Implementations({Linear.class, Other.class}) Layer b) { this.a = a; this.b = b; } } @Int8 class Other extends Linear { Other(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "…C") INDArray x) { return x; } }
      QZ084       | @QuantizeModel class M { @Implementations(Linear.class) final Layer b; M(@Implementations(Other.class) Layer b) { this.b = b; } } @Int8 class Other extends Linear { Other(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "…C") INDArray x) { return x; } }
      QZ035       | class A { @Weight(layout = "IO") final INDArray w; A(@Weight(layout = "OI") INDArray w) { this.w = w; } }
      QZ035       | class A { @Weight private final INDArray w; A(@Weight(layout = "IO") INDArray w) { this.w = w; } @Weight(layout = "OI") INDArray w() { return w; } }
      QZ035       | class A { @Weight final INDArray w; A(@Bias INDArray w) { this.w = w; } }
      QZ046       | class A { @Weight @Quantize(bits = 8) final INDArray w; A(@Quantize(bits = 4) INDArray w) { this.w = w; } }
      QZ038       | @Int8 class A { @Weight(layout = "IO") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return x.mmul(w.transpose()); } }
      QZ038       | @Int8 class A { @Weight(layout = "OI") private final INDArray w; A(INDArray w) { this.w = w; } INDArray w() { return w; } public INDArray forward(@Input(layout = "NTC") INDArray x) { return x.mmul(w()).add(1); } }
      QZ038       | @Int8 class A { @Weight(layout = "IO") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return this.w.mmul((x).transpose()).transpose(); } }
      QZ038       | @Int8 class A { @Weight(layout = "OI") final SDVariable w; A(SDVariable w) { this.w = w; } public SDVariable forward(@Input(layout = "NC") SDVariable x) { return x.mmul(w); } }
      QZ087       | class D { INDArray w; INDArray forward(INDArray x) { return x.mmul(w); } } @QuantizeModel record M(D d) {}
      QZ087       | class D { INDArray w; INDArray forward(INDArray x) { return x.mmul(w); } } @QuantizeModel record M(Linear fc, List<Optional<D>> d) {}
      QZ087       | record D(List<INDArray> w) { INDArray forward(INDArray x) { return x; } } class E { final D d; E(D d) { this.d = d; } } @QuantizeModel record M(Linear fc, E e) {}
      QZ087       | sealed interface S permits D, R {} record D(INDArray w) implements S { INDArray forward(INDArray x) { return x; } } record R() implements S {} @QuantizeModel record M(Linear fc, S s) {}
      QZ087 QZ080 | class D { INDArray w; D(int n) {} INDArray forward(INDArray x) { return x; } } @QuantizeModel class M { final D d; M(int n) { this.d = new D(n); } }
      QZ014       | @QuantizeModel record M(@Quantize(bits = 8) Linear fc) {}
      QZ014       | record A(@Weight INDArray v, Linear fc) {}
      QZ084       | record A(@Weight INDArray v, @SkipQuantize INDArray w) {}
      QZ071       | @QuantizeModel record M(Linear fc, @Implementations(Linear.class) String name) {}
      QZ084       | @QuantizeModel record M(@SkipQuantize @Implementations(Linear.class) Layer fc) {}
      QZ138       | @QuantizeModel record M(@SmoothInto("b") Linear a, Linear b) {}
      QZ084       | record A(@Weight INDArray v, @SmoothInto("b") INDArray w) {}
      QZ138       | record N(@Weight(layout = "C") INDArray v) {} @Int8 @SmoothQuant class S extends Linear { S(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "…C") INDArray x) { return x; } } @QuantizeModel class M { @SmoothInto("s") final N n; final S s; M(@SmoothInto("s") N n, S s) { this.n = n; this.s = s; } }
      QZ005       | record A(@Weight Map<String, INDArray> v) {}
      QZ005       | record A(@Weight INDArray[][] v) {}
      QZ005       | class A { @Weight final Map<String, INDArray> v; A(int n) { v = Map.of(); } }
      QZ030       | class A { @Weight final float[] v; A(int n) { v = new float[n]; } }
      QZ080       | @QuantizeModel class M { final Map<String, Layer> all; M(int in, int out) { all = Map.of(); } }
      QZ080       | @QuantizeModel class M { final Optional<UnaryLayer> one; M(int n) { one = Optional.empty(); } } abstract class UnaryLayer { abstract INDArray run(INDArray x); }
      QZ064       | @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } public void backward(INDArray x, INDArray g) {} }
      QZ064       | @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } INDArray[] backward(INDArray g) { return null; } }
      QZ005       | record A(@Weight List<List<INDArray>> v) {}
      QZ005       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input List<INDArray> xs) { return xs.get(0); } }
      QZ050       | @Int8 @SmoothQuant class A { @Weight(layout = "OI") final List<INDArray> w; A(List<INDArray> w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } }
      QZ067       | @Int8 class A { @Weight(layout = "OI") final List<INDArray> w; A(List<INDArray> w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } public Gradients backward(INDArray x, INDArray g) { return Gradients.of(g).with("w", g); } }
      QZ129       | @Quantize(bits = 8, per = "C") record A(@Weight(layout = "OI") INDArray[] v) {}
      QZ005       | record A(@Weight List<SDVariable> v) {}
      QZ005       | record A(@Weight SDVariable[] v) {}
      QZ037       | record A(@Weight SDVariable v, @Bias INDArray b) {}
      QZ037       | @Quantize(role = Role.INPUT, bits = 8) class A { public SDVariable forward(@Input INDArray x, @Input SDVariable y) { return y; } }
      QZ037       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input SDVariable x) { return x.eval(); } }
      QZ037       | @Quantize(role = Role.OUTPUT, bits = 8) class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } public SDVariable forward(String x) { return null; } }
      QZ052       | @Int8SmoothQuant class A { @Weight(layout = "OI") final SDVariable w; A(SDVariable w) { this.w = w; } public SDVariable forward(@Input(layout = "NC") SDVariable x) { return x; } }
      QZ053       | @Int4Block32 record A(@Weight(layout = "OI") SDVariable w) {}
      QZ053       | @Quantize(format = Format.NF4, blockSizes = @Block(along = "I", size = 32)) record A(@Weight(layout = "OI") SDVariable w) {}
      QZ053       | @Quantize(role = Role.OUTPUT, bits = 8, blockSizes = @Block(axis = -1, size = 16), dynamic = true) class A { public SDVariable forward(@Input SDVariable x) { return x; } }
      QZ069       | @Int8 class A { @Weight(layout = "OI") final SDVariable w; A(SDVariable w) { this.w = w; } public SDVariable forward(@Input(layout = "NC") SDVariable x) { return x; } public Gradients backward(SDVariable x, INDArray g) { return Gradients.of(g); } }
      QZ017 QZ016 | interface L { SDVariable apply(SDVariable x); } @Int8 record A(@Weight(layout = "OI") SDVariable w) implements L { public SDVariable apply(SDVariable x) { return forward(x); } public SDVariable forward(@Input(layout = "NC") SDVariable x) { return x; } }
      QZ070       | interface L { SDVariable forward(SDVariable x); } @QuantizeModel record M(Linear fc, L open) {}
      QZ032       | class A { @Weight final SDVariable w = null; A() {} }
      QZ091       | class V<T> { final INDArray w; V(INDArray w) { this.w = w; } } @QuantizeFor(V.class) interface M { @Weight INDArray w(); }
      QZ091       | abstract class V { final INDArray w; V(INDArray w) { this.w = w; } } @QuantizeFor(V.class) interface M { @Weight INDArray w(); }
      QZ091       | class O { private static class V { final INDArray w = null; } @QuantizeFor(V.class) interface M { @Weight INDArray w(); } }
      QZ016       | final class V { final INDArray w; V(INDArray w) { this.w = w; } INDArray forward(INDArray x) { return x; } } @Int8 @QuantizeFor(V.class) interface M { @Weight(layout = "IO") INDArray w(); INDArray forward(@Input(layout = "NC") INDArray x); }
      QZ020       | class V { final INDArray w; private V(INDArray w) { this.w = w; } static V of(INDArray w) { return new V(w); } } @QuantizeFor(V.class) interface M { @Weight INDArray w(); }
      QZ032       | class V { final INDArray w; final int n; V(int n) { this.n = n; this.w = null; } } @QuantizeFor(V.class) interface M { @Weight INDArray w(); }
      QZ084       | class V { final INDArray w; V(INDArray w) { this.w = w; } } @Implementations({}) @QuantizeFor(V.class) interface M { @Weight INDArray w(); }
      QZ034       | class V { final INDArray w; V(INDArray w) { this.w = w; } INDArray run(INDArray x) { return x; } } @QuantizeFor(V.class) interface M { @Weight INDArray w(); INDArray run(@Input INDArray x); }
      QZ093       | class V { final INDArray w; V(INDArray w) { this.w = w; } } @QuantizeFor(V.class) interface M { @Weight INDArray w(); static INDArray x() { return null; } }
      QZ095 QZ095 | class V { final INDArray w; V(INDArray w) { this.w = w; } } @QuantizeModel(mixIns = {V.class, String.class}) record M(Linear fc, V v) {}
      QZ055       | @Quantize(bits = 8, fakeQuant = false) record A(@Weight INDArray v) {}
      QZ055       | @Quantize(role = Role.INPUT, bits = 8, fakeQuant = false) class A { public INDArray forward(@Input INDArray x, INDArray scale) { return x; } }
      QZ005       | @Quantize(bits = 8, fakeQuant = false) class A { @Weight final List<INDArray> w; A(@ScaleOf("w") INDArray s, List<INDArray> w) { this.w = w; } INDArray s() { return null; } }
      QZ005       | @Quantize(role = Role.OUTPUT, bits = 8, fakeQuant = false) class A { public INDArray forward(@Input INDArray x) { return x; } }
      QZ058       | @Quantize(bits = 8, fakeQuant = false) record A(@Weight INDArray w, @ScaleOf("w") INDArray s, @ScaleOf("w") INDArray t) {}
      QZ058       | @Quantize(bits = 8, fakeQuant = false) record A(@Weight INDArray w, @ScaleOf("w") double s) {}
      QZ058       | @Quantize(bits = 8) record A(@Weight INDArray w, @ScaleOf("w") INDArray s) {}
      QZ058       | @Quantize(bits = 8, fakeQuant = false) record A(@Weight @ScaleOf("w") INDArray w) {}
      QZ058       | @Quantize(role = Role.INPUT, bits = 8, fakeQuant = false) class A { public INDArray forward(@Input @ScaleOf("x") INDArray x) { return x; } }
      QZ022       | @Quantize(bits = 8, fakeQuant = false) class A { @Weight final INDArray w; A(INDArray w, @ScaleOf("w") INDArray s) { this.w = w; } }
      QZ034       | class A { void scale(@ScaleOf("w") INDArray s) {} }
      QZ034       | record A(@Weight @Quantize(bits = 8) INDArray w) { void scale(@ScaleOf("w") INDArray s) {} }
      QZ057       | @Quantize(bits = {4, 3}, fakeQuant = false) record A(@Weight INDArray w, @ScaleOf("w") INDArray s) {}
      QZ024       | class A { @QuantizeCreator A() {} }
      QZ024       | record A(@Weight INDArray v) { @QuantizeCreator A() { this(null); } }
      QZ010       | interface A { INDArray forward(@Input INDArray x); }
      QZ010       | @QuantizeModel enum A { B }
      QZ011       | @QuantizeModel abstract class A {}
      QZ128       | @Int8Dynamic record A(@Weight INDArray weight) implements Layer { public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } }
      QZ043       | @Int8 record A(@Weight(layout = "OI") INDArray weight) implements Layer { public INDArray forward(INDArray x) { return x; } }
      QZ042       | @Quantize(bits = 8) record A(@Weight @Quantize(bits = 4) INDArray weight) {}
      QZ072       | @QuantizeModel record M(Set<Linear> fc) {}
      QZ072       | @QuantizeModel record M(Map<Linear, Linear> fc) {}
      QZ072       | @QuantizeModel record M(java.util.function.Supplier<Linear> fc) {}
      QZ074       | @QuantizeModel record M(Linear fc, @SuppressWarnings("rawtypes") Map more) {}
      QZ070       | @QuantizeModel record M(List<Optional<Layer>> fc) {}
      QZ071       | @QuantizeModel record M(@Implementations({}) Layer fc) {}
      QZ072       | record Pair<T>(T one, T two) {} @QuantizeModel record M(Pair<Linear> fc, Linear two) {}
      QZ081 QZ081 | @QuantizeModel record M(Linear fc, N n) {} @QuantizeModel record N(Linear fc, M m) {}
      QZ070       | @QuantizeModel record M(Linear fc, java.util.function.Function<List<INDArray>, String> any) {}
      QZ070       | @QuantizeModel record M(Linear fc, List<java.util.function.Supplier<INDArray>> any) {}
      QZ085       | @QuantizeModel record M<F extends UnaryOperator<INDArray>>(Linear fc, F any) {}
      QZ106       | @Quantize(bits = 8, axis = {1, -1}) record A(@Weight(layout = "OI") INDArray weight) {}
      QZ106       | @Quantize(bits = 8, axis = {0, 1, -2}) record A(@Weight(layout = "OIT") INDArray weight) {}
      QZ140       | @Quantize(bits = 8, amax = {1, 2}) record A(@Weight INDArray weight) {}
      QZ036       | @Quantize(bits = 8) record A(@Weight(layout = "NO") INDArray weight) {}
      QZ036       | @Quantize(bits = 8) record A(@Weight INDArray weight, @Bias(layout = "N") INDArray bias) {}
      QZ036       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input(layout = "NI") INDArray x) { return x; } }
      QZ006       | class A { void m() { @Int8 class B {} } }
      QZ006       | class A { Object o = new Object() { @Weight INDArray w; }; }
      QZ006       | class A { static { Runnable r = () -> { class B { INDArray forward(@Input INDArray x) { return x; } } }; } }
      QZ006       | class A { void m() { @dev.bitfold.annotations.QuantizeModel record B(Linear fc) {} } }
      QZ006       | class A { @Int8 @interface Mine {} void m() { @Mine class B {} } }
      QZ006 QZ006 | class A { void m() { @Int8 class B { void n() { @Int8 class C {} } } } }
      QZ086       | @QuantizeModel record M(Linear fc, Object[] any) {}
      QZ086       | @QuantizeModel record M(Linear fc, Map<Object, Object> any) {}
      QZ086       | @QuantizeModel record M(Linear fc, List<List<? extends Object>> any) {}
      QZ086       | @QuantizeModel record M(Linear fc, ArrayDeque<Object> any) {}
      QZ086       | @QuantizeModel record M(Linear fc, Iterable<?> any) {}
      QZ086       | @QuantizeModel record M<T>(Linear fc, T any) {}
      QZ086       | record Box<T>(T content) {} @QuantizeModel record M(Linear fc, @SuppressWarnings("rawtypes") Box any) {}
      QZ086       | record Box<T>(T content) {} @QuantizeModel record M(Linear fc, Box<?> any) {}
      QZ086       | interface Box<T> {} @QuantizeModel record M(Linear fc, Box<Object> any) {}
      QZ070       | interface Embedder { INDArray embed(int[] ids); } @QuantizeModel record M(Linear fc, Embedder any) {}
      QZ070       | interface Joined { double join(List<INDArray> all); } @QuantizeModel record M(Linear fc, Joined any) {}
      QZ063       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { return this.forward(x); } }
      QZ063       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x, int n) { return forward(x); } INDArray forward(INDArray x) { return forward(x, 1); } }
      QZ063       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { return List.of(x).stream().map(y -> forward(y)).findFirst().get(); } }
      QZ063       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { return forward(List.of(x)); } INDArray forward(List<INDArray> xs) { return forward(xs.get(0)); } }
      QZ063       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { return each(List.of(x)); } INDArray each(List<INDArray> xs) { return xs.stream().map(this::forward).findFirst().get(); } }
      QZ063       | @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { return new UnaryOperator<INDArray>() { public INDArray apply(INDArray y) { return forward(y); } }.apply(x); } }
      QZ063       | class P { public INDArray forward(INDArray x) { return twice(x); } INDArray twice(INDArray x) { return x; } } @Quantize(role = Role.INPUT, bits = 8) class A extends P { @Override public INDArray forward(@Input INDArray x) { return super.forward(x); } @Override INDArray twice(INDArray x) { return forward(forward(x)); } }
      QZ068       | @Int8 class A extends Linear { A(INDArray weight) { super(weight); } INDArray predict(INDArray x) { return super.forward(x); } }
      QZ068       | @Int8 class A extends Linear { A(INDArray weight) { super(weight); } INDArray all(List<INDArray> xs) { return xs.stream().map(super::forward).findFirst().get(); } }
      QZ068       | @Int8 class A extends Linear { A(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } INDArray float32(INDArray x) { return super.forward(x); } }
      QZ018 QZ022 | @Quantize(bits = 8) class A { @Weight final INDArray w; int i; A(INDArray w, int j) { this.w = w; } }
      QZ027       | class A { @Weight final INDArray w; final double eps; A(INDArray w) { this(w, 1e-5); } A(INDArray w, double epsilon) { this.w = w; this.eps = epsilon; } }
      QZ027       | class A { @Weight final INDArray w; final int n; A(INDArray w) { this(w, 1); } private A(INDArray w, int n) { this.w = w; this.n = n; } static A of(INDArray w, int n) { return new A(w, n); } }
      QZ027       | class A { @Weight final INDArray w; final int n; @QuantizeCreator A(INDArray w) { this(w, 1); } A(INDArray w, int n) { this.w = w; this.n = n; } }
      QZ027       | class A { @Weight final INDArray w; final int n; A(INDArray w) { this.w = w; n = 1; } private A(INDArray w, int k) { this.w = w; int twice = 2 * k; this.n = twice; } }
      QZ027       | class A { @Weight final INDArray w; final int n; A(INDArray w) { this(w, true); } private A(INDArray w, boolean big) { this.w = w; if (big) { n = 9; } else { n = 1; } } }
      QZ027       | class B { final int n; B(int n) { this.n = n; } } class A extends B { @Weight final INDArray w; A(INDArray w) { super(1); this.w = w; } private A(INDArray w, int n) { super(n); this.w = w; } }
      QZ027       | @QuantizeModel class M { final Linear s; final double t; M(Linear s) { this(s, 1); } private M(Linear s, double t) { this.s = s; this.t = t; } static M of(Linear s, double t) { return new M(s, t); } }
      QZ032       | class A { @Weight final INDArray w; @Bias final INDArray b; A(INDArray w) { this(w, null, 1); } private A(INDArray w, INDArray b, int i) { this.w = w; this.b = b; } }
      QZ028       | @QuantizeModel class M { private final Linear s; M(Linear s) { this.s = s; } Linear s() throws Exception { return s; } }
      QZ028       | abstract class B<E extends Exception> { abstract INDArray w() throws E; } class A<E extends Exception> extends B<E> { private final INDArray w; A(@Weight INDArray w) { this.w = w; } INDArray w() throws E { return w; } }
      QZ034       | @Quantize(bits = 8) @interface R {} class A { @R static INDArray z; @Weight final INDArray w; A(INDArray w) { this.w = w; } }
      QZ034       | @Quantize(bits = 8) @interface R {} class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } INDArray run(@R INDArray x) { return x; } }
      QZ034       | @interface R { @Quantize(bits = 8) int bits(); }
      QZ084       | @interface R { @SkipQuantize int bits(); }
      QZ084       | @Implementations(Linear.class) @interface R {}
      QZ084       | @QuantizeModel class M { final Linear s; M(Linear s) { this.s = s; } M(@SkipQuantize Linear s, int n) { this(s); } }
      QZ084       | @QuantizeModel record M(Linear s) { @SkipQuantize static Linear other; }
      QZ084       | @QuantizeModel record M(Linear s) { @SkipQuantize public Linear s() { return s; } }
      QZ084       | record A(@Weight INDArray w) { A(@SkipQuantize INDArray w) { this.w = w; } }
      QZ084       | @QuantizeModel record M(Linear s, @SkipQuantize int[] shape) {}
      QZ071       | @Implementations(Linear.class) interface Other {} @QuantizeModel record M(Linear s) {}
      QZ071       | @Implementations(String.class) interface Other { INDArray forward(INDArray x); } @QuantizeModel record M(Other s) {}
      QZ115       | @Quantize(bits = 4, blockSizes = @Block(axis = 0, size = 2), scaleBlockSizes = @Block(axis = 1, size = 2)) record A(@Weight(layout = "OIT") INDArray w) {}
      QZ133       | @Quantize(bits = 8, calib = Calib.MOVING_AVERAGE) @interface R {} @R record A(@Weight INDArray w) {}
      QZ101 QZ022 | @Quantize(bits = 1) class A { @Weight final INDArray w; A(INDArray w, int j) { this.w = w; } }
      """;

  private static final String FINE =
      """
      class A { @Weight final INDArray w; transient int cache; A(INDArray w) { this.w = w; } }
      interface Backprop { INDArray backward(INDArray g); } class A implements Backprop { @Weight final INDArray w; A(INDArray w) { this.w = w; } public INDArray backward(INDArray g) { return g; } }
      class P { INDArray backward(INDArray g) { return g; } } class A extends P { @Weight final INDArray w; A(INDArray w) { this.w = w; } @Override INDArray backward(INDArray g) { return g; } }
      class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } A backward(int steps) { return this; } }
      class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(INDArray x) { return x.mul(w); } public Gradients backward(INDArray x, INDArray g) { return Gradients.of(g).with("w", g); } INDArray backward(INDArray g) { return g; } }
      @QuantizeModel class M { final Linear fc; private final UnaryOperator<INDArray> own = x -> x; M(Linear fc) { this.fc = fc; } }
      @QuantizeModel record M(Linear fc, List<String> names, Class<?> any, Comparator<Object> order, @SkipQuantize UnaryOperator<INDArray> gelu) {}
      @QuantizeModel record M(Linear fc, Comparator<String> order, java.util.function.Supplier<String> name, List<INDArray> tables, Optional<INDArray> mask) {}
      @QuantizeModel record M(Linear fc, Optional<N> n) {} @QuantizeModel record N(Linear fc, List<M> m) {}
      @QuantizeModel record M(Linear fc, Map<String, M> more, M[] others) {}
      class A { Object o = new Object() { @Override public String toString() { return ""; } }; void m() { @Deprecated class B {} } }
      class A { @interface Int8 {} void m() { @Int8 class B {} } }
      @Quantize(bits = 8, axis = {0, -2}) record A(@Weight(layout = "OIHW") INDArray weight) {}
      @Quantize(bits = 8, axis = {0, -2}) record A(@Weight INDArray weight) {}
      @QuantizeModel record M(Linear fc, INDArray positions, int[] shape, Map<String, List<Integer>> vocabulary) {}
      class A { @Weight @Quantize(bits = 4) final INDArray w; A(@Quantize(bits = 4) INDArray w) { this.w = w; } }
      class A { @Weight final INDArray w; A(@Quantize(bits = 4) INDArray w) { this.w = w; } }
      class V { final INDArray w; V(INDArray w) { this.w = w; } interface In { @QuantizeFor(V.class) interface M { @Weight @Quantize(bits = 8) INDArray w(); } } } @QuantizeModel(mixIns = V.In.M.class) record N(V[] vs) {}
      class V { final INDArray w; V(INDArray w) { this.w = w; } INDArray forward(INDArray x) { return x; } } @QuantizeFor(V.class) interface M { @Weight @Quantize(bits = 8) INDArray w(); } class W extends V { W(INDArray w) { super(w); } } @QuantizeModel(mixIns = M.class) record N(V v, @SkipQuantize W w) {}
      @QuantizeModel record M(Linear fc, @SkipQuantize Object any, @SkipQuantize List<?> more) {}
      record Box<T>(T content) {} @QuantizeModel record M(Linear fc, Box<String> any) {}
      interface Tokenizer { List<String> split(String text); } @QuantizeModel record M(Linear fc, Tokenizer tokenizer) {}
      @Quantize(role = Role.INPUT, bits = 8) class A { final Layer next; A(Layer next) { this.next = next; } public INDArray forward(@Input INDArray x) { return next.forward(x); } }
      @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { return forward(x, 1); } INDArray forward(INDArray x, int n) { return x; } INDArray forward(INDArray x, double n) { return forward(x); } }
      @Int8 class A extends Linear { A(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "…C") INDArray x) { return super.forward(x); } }
      @Quantize(role = Role.INPUT, bits = 8) class A { public INDArray forward(@Input INDArray x) { List<INDArray> xs = List.of(x); return forward(xs); } INDArray forward(List<INDArray> all) { return forward((Object) all.get(0)); } INDArray forward(Object one) { return null; } }
      class P { public INDArray forward(INDArray x) { return twice(x); } INDArray twice(INDArray x) { return x; } } @Quantize(role = Role.INPUT, bits = 8) class A extends P { @Override public INDArray forward(@Input INDArray x) { return super.forward(x); } @Override INDArray twice(INDArray x) { return super.twice(x); } }
      @Int8 class A { @Weight(layout = "OI") final List<INDArray> w; A(List<INDArray> w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } public Gradients backward(INDArray x, INDArray g) { return Gradients.of(g).with("w[0]", g).fixed("w[1]"); } }
      @Quantize(bits = 8) record A(@Weight SDVariable v, @Bias SDVariable b) { SDVariable run(SDVariable x) { return x; } }
      @Quantize(role = Role.OUTPUT, bits = 8) class A { public SDVariable forward(String x) { return null; } }
      @Quantize(bits = 8) class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } SDVariable forward(SDVariable x) { return x.mmul(x.getSameDiff().constant(w)); } }
      class A { @Weight final INDArray w; final long out; final Object lock; A(long in) { this((INDArray) null); } A(INDArray w) { this.w = w; this.out = w.size(0); this.lock = new Object(); } }
      class A { @Weight final INDArray w; @Bias final INDArray b; final long out; final Object lock; A(INDArray w) { this.w = w; b = null; long o = w.size(0); this.out = o; lock = new Object(); } A(INDArray w, INDArray b) { this.w = w; this.b = b; long o = w.size(0); this.out = o; lock = new Object(); } }
      class A { @Weight final INDArray w; final long out; final List<String> names = new ArrayList<>(); final int k; { k = 3; } A(INDArray weight, int i) { this.w = weight; this.out = weight.size(0); } A(INDArray w) { this.w = w; this.out = w.size(0); } }
      class A { @Weight final INDArray w; final int n; A(INDArray w) { this.w = w; n = 7; } }
      class B { final long out; final INDArray w; B(INDArray w) { this.w = w; out = w.size(0); } } class A extends B { @Weight INDArray w() { return w; } A(INDArray w) { super(w); } A(long in) { super(null); } }
      class A { @Weight final INDArray w; final transient Object cache; A(INDArray w) { this(w, null, 1); } private A(INDArray w, Object cache, int i) { this.w = w; this.cache = cache; } }
      class A { @Weight final INDArray w; final INDArray x; A(INDArray w) { this(w, 1); } private A(INDArray w, int i) { this.w = w; this.x = w; } }
      @Quantize(bits = 8, name = "a */ b") class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } }
      @Quantize(bits = 8, name = "a \\u002a/ <b> {@link Foo} $S é\\n@see x") class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } }
      @interface Custom {} @Custom record A(@Weight INDArray w) {}
      @Int8 @interface Mine {} @Mine class A extends Linear { A(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } }
      class Override {} class Object {} class String {} class SuppressWarnings {} class Exception {} @Quantize(bits = 8) @Deprecated class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input INDArray x) { return x; } } @QuantizeModel record M(A a) {} @Int8 @interface R {}
      class A { @Weight final INDArray w; A(INDArray w) { this.w = w; } INDArray w() throws java.io.IOException { return w; } }
      class A { private final INDArray w; A(@Weight INDArray w) { this.w = w; } INDArray w() throws IllegalStateException { return w; } }
      @Quantize(bits = 4, blockSizes = @Block(along = "I", size = 2), scaleBlockSizes = @Block(size = 2)) record A(@Weight(layout = "IO") INDArray w) {}
      @Quantize(role = Role.INPUT, bits = 8, calib = Calib.MOVING_AVERAGE) class A { public INDArray forward(@Input INDArray x) { return x; } }
      @QuantizeModel record M(Linear s, @SkipQuantize Linear t, @SkipQuantize List<Linear> u) {}
      record Pool(int size) {} @QuantizeModel record M(Linear s, @SkipQuantize Pool pool) {}
      record A(@Weight(layout = "OI") INDArray v) { @Weight(layout = "OI") public INDArray v() { return v; } A(@Weight(layout = "OI") INDArray v) { this.v = v; } }
      @QuantizeModel class M { @Implementations(Linear.class) final Layer b; M(@Implementations(Linear.class) Layer b) { this.b = b; } }
      @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { return w.mmul(x.transpose()).transpose(); } }
      @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { INDArray w = this.w.transpose(); return x.mmul(w); } }
      @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NC") INDArray x) { x = x.transpose(); return w.mmul(x); } }
      @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "NCT") INDArray x) { return x.mmul(w); } }
      @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } INDArray forward(@Input(layout = "NC") INDArray x, INDArray w) { return x.mmul(w); } }
      class D { final INDArray w; D(INDArray w) { this.w = w; } INDArray forward(INDArray x) { return x; } } @QuantizeModel record M(Linear fc, @SkipQuantize D d) {}
      record Stats(INDArray mean) { INDArray normalize(INDArray x) { return x.sub(mean); } } @QuantizeModel record M(Linear fc, Stats stats) {}
      record Relu() { INDArray forward(INDArray x) { return x; } } @QuantizeModel record M(Linear fc, Relu relu) {}
      @Quantize(bits = 4, per = "O") @Int8Dynamic class A extends Linear { A(INDArray weight) { super(weight); } @Override public INDArray forward(@Input(layout = "NC") INDArray x) { return x; } }
      """;

  private static final String SHARED =
      """
      interface Layer { INDArray forward(INDArray x); }
      @Int8 class Linear implements Layer {
        @Weight(layout = "OI") final INDArray weight;
        Linear(INDArray weight) { this.weight = weight; }
        public INDArray forward(@Input(layout = "…C") INDArray x) { return x; }
      }
      """;

  /** The errors of each source, each compiled in a package of its own. */
  private static Map<String, List<String>> errors(List<String> sources) throws IOException {
    Map<String, List<JavaFileObject>> cases = new LinkedHashMap<>();
    for (String source : sources) {
      cases.put(
          source, List.of(Compiled.source("Shared", SHARED), Compiled.source("Example", source)));
    }
    Map<String, List<String>> errors = new LinkedHashMap<>();
    Cases.compile(List.of("-Xlint:none"), BitfoldProcessor::new, cases)
        .forEach(
            (source, diagnostics) ->
                errors.put(
                    source,
                    diagnostics.stream()
                        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                        .map(d -> d.getMessage(Locale.ROOT))
                        .toList()));
    assertEquals(sources.size(), errors.size(), "a source stands there twice");
    return errors;
  }

  /** The ids expected, a source, and the ids found. */
  static List<Arguments> wrong() throws IOException {
    Map<String, List<String>> expected = new LinkedHashMap<>();
    WRONG
        .lines()
        .map(line -> line.split(" *\\| *", 2))
        .forEach(line -> expected.put(line[1], List.of(line[0].split(" "))));
    List<Arguments> cases = new ArrayList<>();
    errors(List.copyOf(expected.keySet()))
        .forEach(
            (source, errors) ->
                cases.add(
                    Arguments.of(
                        source,
                        expected.getOrDefault(source, List.of()).stream().sorted().toList(),
                        errors.stream().map(MisplacedTest::id).sorted().toList())));
    return cases;
  }

  private static String id(String message) {
    return message.startsWith("[QZ") ? message.substring(1, 6) : message;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrong")
  void isAnError(String source, List<String> ids, List<String> found) {
    assertEquals(ids, found);
  }

  static List<Arguments> fine() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    errors(FINE.lines().toList())
        .forEach((source, errors) -> cases.add(Arguments.of(source, errors)));
    return cases;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fine")
  void isFine(String source, List<String> errors) {
    assertEquals(List.of(), errors);
  }
}
