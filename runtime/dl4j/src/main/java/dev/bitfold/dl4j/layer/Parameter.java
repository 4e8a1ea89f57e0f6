package dev.bitfold.dl4j.layer;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.LayerType;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A weight or bias of a layer.
 *
 * @param key Deeplearning4j's name of it: {@code W}
 * @param letters of its axes, in Bitfold's form
 */
record Parameter(String key, String letters, Role role, Form form) {
  private static final QuantDescriptor PER_OUTPUT =
      QuantDescriptor.builder().bits(8).per("O").build();
  private static final QuantDescriptor PER_ROW = QuantDescriptor.builder().bits(8).per("I").build();

  enum Role {
    /** A weight that is multiplied by, with a scale per output channel. */
    WEIGHT,
    /** A table that rows are looked up in, with a scale per row. */
    TABLE,
    /** A weight that stays float, such as a factor of each channel. */
    FACTOR,
    BIAS
  }

  static Parameter weight(String key, String letters, Form form) {
    return new Parameter(key, letters, Role.WEIGHT, form);
  }

  static Parameter weight(String key, String letters) {
    return weight(key, letters, Form.SAME);
  }

  static Parameter bias(String key) {
    return new Parameter(key, "O", Role.BIAS, Form.VECTOR);
  }

  static Parameter factor(String key) {
    return new Parameter(key, "C", Role.FACTOR, Form.VECTOR);
  }

  static Parameter table(String key) {
    return new Parameter(key, "IO", Role.TABLE, Form.SAME);
  }

  boolean isFactor() {
    return role == Role.FACTOR;
  }

  /** Returns this parameter in one direction of a bidirectional layer. */
  Parameter of(String direction) {
    return new Parameter(direction + key, letters, role, form);
  }

  void declare(LayerType.Builder<?, ?> type) {
    switch (role) {
      case WEIGHT -> type.weight(key, letters, PER_OUTPUT);
      case TABLE -> type.weight(key, letters, PER_ROW);
      case FACTOR -> type.weight(key, letters);
      case BIAS -> type.bias(key, letters);
    }
  }

  /** Returns the parameter in Bitfold's form; null if the layer has none. */
  @Nullable INDArray in(Map<String, INDArray> params) {
    INDArray own = params.get(key);
    return own == null ? null : form.standard(own);
  }

  /** Returns a layer's parameter after a function of Bitfold's form. */
  INDArray through(UnaryOperator<INDArray> function, INDArray own) {
    INDArray changed = form.own(function.apply(form.standard(own)), own.shape());
    return changed.ordering() == own.ordering() ? changed : changed.dup(own.ordering());
  }

  /** Writes values in Bitfold's form into a layer's parameter. */
  void write(INDArray standard, INDArray own) {
    own.assign(form.own(standard, own.shape()));
  }
}
