package dev.bitfold.spark;

import dev.bitfold.Plan;
import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Pass;
import dev.bitfold.internal.replay.PassModel;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.Planned;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serial;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import org.apache.spark.broadcast.Broadcast;

/**
 * Carries a pass and the supplier of its model to executors. They are read only after it is known
 * that the executor has the same Bitfold, and once in a JVM.
 */
final class SentPass<W, B, A extends Accumulator<A>> implements Serializable {
  @Serial private static final long serialVersionUID = 1;

  /** Two, because a model may still be in use when the next one begins. */
  private static final int REMEMBERED = 2;

  private static final Remembered<Object> MODELS = new Remembered<>(REMEMBERED);
  private static final Remembered<Object> PASSES = new Remembered<>(REMEMBERED);

  private final String code = BitfoldCode.hash();
  private final String modelKey;
  private final String passKey;
  private final Broadcast<byte[]> supplier;
  private final Broadcast<byte[]> pass;

  /**
   * Prepares a pass.
   *
   * @param modelKey identifies the model, and {@code passKey} the pass, in all JVMs
   */
  SentPass(String modelKey, String passKey, Broadcast<byte[]> supplier, Broadcast<byte[]> pass) {
    this.modelKey = modelKey;
    this.passKey = passKey;
    this.supplier = supplier;
    this.pass = pass;
  }

  /** Lets this JVM use a model that it has. */
  static void use(String modelKey, Object model) {
    MODELS.put(modelKey, model);
  }

  /** Forgets a pass that has ended. */
  void end() {
    PASSES.remove(passKey);
    pass.destroy();
  }

  /**
   * Returns the model of this JVM.
   *
   * @throws CalibrationException if this JVM has another version of Bitfold, or the supplier fails
   */
  @SuppressWarnings("unchecked") // the model of the driver is of the same class, which is checked
  W model() {
    if (!code.equals(BitfoldCode.hash())) {
      throw new CalibrationException(
          jvm()
              + " has another version of Bitfold than the driver (SHA-256 of the classes "
              + BitfoldCode.hash().substring(0, 12)
              + ", there "
              + code.substring(0, 12)
              + "); give all machines the same jars");
    }
    try {
      return (W) MODELS.get(modelKey, this::supplied);
    } catch (CalibrationException e) {
      throw e;
    } catch (Exception e) {
      throw new CalibrationException(
          jvm() + ": the supplier of the model failed: " + e.getMessage(), e);
    }
  }

  private Object supplied() throws Exception {
    Plan<?> plan = ((PlanSupplier) ObjectBytes.from(supplier.value())).get();
    if (plan == null) {
      throw new CalibrationException(jvm() + ": the supplier of the model gave null");
    }
    return model(Backed.contentsOf(plan));
  }

  private static <M> PassModel<M> model(Planned<M> planned) {
    return PassModel.of(planned);
  }

  /** Returns the pass. */
  @SuppressWarnings("unchecked") // as written
  Pass<W, B, A> pass() {
    try {
      return (Pass<W, B, A>) PASSES.get(passKey, () -> ObjectBytes.from(pass.value()));
    } catch (Exception e) {
      throw new CalibrationException(jvm() + " cannot read the pass: " + e.getMessage(), e);
    }
  }

  byte[] write(A accumulator) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      accumulator.writeTo(out);
    } catch (IOException e) {
      throw new CalibrationException("cannot write what was observed: " + e.getMessage(), e);
    }
    return bytes.toByteArray();
  }

  A read(byte[] bytes) {
    A accumulator = pass().empty(model());
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      accumulator.readFrom(in);
    } catch (IOException e) {
      throw new CalibrationException("cannot read what was observed: " + e.getMessage(), e);
    }
    return accumulator;
  }

  private static String jvm() {
    return "executor " + ManagementFactory.getRuntimeMXBean().getName();
  }
}
