package dev.bitfold.benchmarks.peer;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Compares the largest magnitude with libtorch's aminmax, and with its two reductions one after the
 * other.
 */
final class AmaxContest {
  private AmaxContest() {}

  static Contest perTensor(Tensors t) {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    Tensor x = Tensors.view(t.x, t.n);
    Tensor min = t.empty(ScalarType.Float);
    Tensor max = t.empty(ScalarType.Float);
    long[] all = {0};
    Map<Side, Runnable> sides = new EnumMap<>(Side.class);
    sides.put(Side.OURS, () -> quantizer.amax(t.x));
    sides.put(Side.NATIVE, () -> torch.aminmax_out(min, max, x).close());
    sides.put(
        Side.COMPOSED,
        () -> {
          torch.amin_out(min, x, all, false);
          torch.amax_out(max, x, all, false);
        });
    sides.put(Side.ND4J, () -> t.x.amaxNumber());
    return new Contest(
        "amax",
        sides,
        () -> {
          float ours = quantizer.amax(t.x).getFloat(0);
          Agreement agreement = new Agreement("amax", 0);
          for (Side side : new Side[] {Side.NATIVE, Side.COMPOSED}) {
            Runnable work = sides.get(side);
            if (work != null) {
              work.run();
            }
            agreement.value(side, 0, ours, Math.max(-min.item_float(), max.item_float()));
          }
          agreement.value(Side.ND4J, 0, ours, t.x.amaxNumber().floatValue());
        });
  }
}
