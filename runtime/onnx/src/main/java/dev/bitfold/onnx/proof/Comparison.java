package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds what the reference has computed for one feed, and the tolerance of each value. */
final class Comparison {
  private final Reference reference;
  private final Faults faults;
  private final Session session;
  private final Map<String, INDArray> given;
  private final Map<String, HostValue> expected;
  private Optional<Envelope> envelope = Optional.empty();

  Comparison(
      Reference reference,
      Faults faults,
      Session session,
      Map<String, INDArray> given,
      Map<String, HostValue> expected) {
    this.reference = reference;
    this.faults = faults;
    this.session = session;
    this.given = given;
    this.expected = expected;
  }

  /** Returns the inputs of the reference. */
  Map<String, INDArray> given() {
    return given;
  }

  private HostValue value(String name) {
    HostValue value = expected.get(name);
    INDArray fed = given.get(name);
    if (value == null && fed != null) {
      return new HostValue.Floats(fed);
    }
    return value == null ? new HostValue.Other("no value") : value;
  }

  private Envelope envelope() {
    if (envelope.isEmpty()) {
      try {
        envelope = Optional.of(Envelope.of(reference, session, given));
      } catch (SessionException e) {
        throw faults.fault("cannot be compared: " + e.getMessage(), e);
      }
    }
    return envelope.get();
  }

  Bound.Difference of(Cut cut) {
    if (!(value(cut.before()) instanceof HostValue.Floats before)) {
      return Bound.Difference.of("as it reads no floats");
    }
    INDArray behind = java.util.Objects.requireNonNull(given.get(cut.behind()));
    Activation activation = cut.activation();
    Bound.Difference difference = Bound.of(before.array(), behind, activation, null);
    return difference.exceeds() && !Double.isNaN(difference.relative())
        ? Bound.of(
            before.array(),
            behind,
            activation,
            envelope().spread(cut.before(), before.array(), activation::scaled))
        : difference;
  }

  Bound.Difference of(String output, HostValue actual) {
    HostValue value = value(output);
    return within(output, value, actual);
  }

  /** Compares two values of one output. */
  Bound.Difference within(String output, HostValue value, HostValue actual) {
    if (value instanceof HostValue.Floats e && actual instanceof HostValue.Floats a) {
      Bound.Difference difference = Bound.of(e.array(), a.array(), null);
      return difference.exceeds() && !Double.isNaN(difference.relative())
          ? Bound.of(e.array(), a.array(), envelope().spread(output, e.array(), x -> x))
          : difference;
    }
    if (value instanceof HostValue.Integers e && actual instanceof HostValue.Integers a) {
      Bound.Difference difference = Bound.of(e, a, List.of());
      return difference.exceeds() ? Bound.of(e, a, envelope().integers(output, e)) : difference;
    }
    boolean same = value.getClass().equals(actual.getClass());
    return same ? Bound.Difference.NONE : Bound.Difference.of("as it is of another type");
  }
}
