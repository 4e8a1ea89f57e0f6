package dev.bitfold.benchmarks.peer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Lists all contests by their names in options. */
final class Contests {
  private static final Map<String, Function<Tensors, Contest>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("int8", IntegerContests::perTensor);
    ALL.put("int8-axis0", IntegerContests::perRow);
    ALL.put("int8-last", IntegerContests::perColumn);
    ALL.put("e4m3", FloatContest::e4m3);
    ALL.put("block16", t -> BlockContest.dynamic(t, 16));
    ALL.put("block32", t -> BlockContest.dynamic(t, 32));
    ALL.put("block128", t -> BlockContest.dynamic(t, 128));
    ALL.put("ste", GradientContest::straightThrough);
    ALL.put("amax", AmaxContest::perTensor);
    ALL.put("histogram", HistogramContest::histogram);
  }

  private Contests() {}

  static Map<String, Function<Tensors, Contest>> all() {
    return ALL;
  }
}
