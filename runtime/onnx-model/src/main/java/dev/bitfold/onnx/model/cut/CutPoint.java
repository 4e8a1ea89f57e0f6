package dev.bitfold.onnx.model.cut;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import dev.bitfold.onnx.session.RuntimeValue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A tensor between operators that may be quantized. Safe for concurrent use. */
public sealed class CutPoint {
  /** One scale for all channels: a few large values would make it coarse. */
  static final QuantDescriptor DESCRIPTOR =
      QuantDescriptor.builder()
          .bits(8)
          .affine(true)
          .unsigned(true)
          .calib(Calib.PERCENTILE)
          .percentile(99.99)
          .build();

  private final FoundPoint found;

  CutPoint(FoundPoint found) {
    this.found = found;
  }

  /** Returns where the point was found. */
  public FoundPoint found() {
    return found;
  }

  /** Returns the type of this point, for a walk: static affine uint8, without outliers. */
  public LayerType<CutPoint, CutPoint> type() {
    return LayerType.<CutPoint, CutPoint>builder(CutPoint.class, Hooked::new)
        .input(CutLayer.INPUT, "", DESCRIPTOR)
        .build();
  }

  /** Returns the quantized value; null if the value stays as it is. */
  @Nullable RuntimeValue call(RuntimeValue x) {
    return null;
  }

  /** The point with hooks on its tensor. */
  private static final class Hooked extends CutPoint implements HookedLayer {
    private final ArrayHooks hooks;

    Hooked(CutPoint point, ArrayHooks hooks) {
      super(point.found);
      this.hooks = hooks;
    }

    @Override
    RuntimeValue call(RuntimeValue x) {
      return RuntimeValue.floats(
          Objects.requireNonNull(hooks.input(CutLayer.INPUT, x.array())), found().path());
    }

    @Override
    public ArrayHooks bitfoldHooks() {
      return hooks;
    }
  }
}
