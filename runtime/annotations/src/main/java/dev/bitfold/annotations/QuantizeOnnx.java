package dev.bitfold.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Stands on an interface without members, and names an ONNX file whose layers are quantized: its
 * MatMul, Gemm, Conv, ConvTranspose and Gather nodes with constant weights. For {@code Encoder},
 * the processor reads the file's graph and generates {@code EncoderQuantizer} in the same package.
 *
 * <pre>{@code
 * @QuantizeOnnx("encoder.onnx")
 * @Int8SmoothQuant
 * @Nodes(value = "/pooler/dense/Gemm", skip = true)
 * interface Encoder {}
 * }</pre>
 *
 * <p>{@link Quantize}, {@link SmoothQuant} or a recipe on the interface is for all layers; without
 * any, the layers have the default plan of {@code OnnxModel}. {@link Nodes} is for some of them.
 * What does not fit the file is a compile error.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE})
public @interface QuantizeOnnx {
  /**
   * Returns the resource, as {@link Class#getResource} of the interface takes it: relative to the
   * interface's package, or with a leading {@code /} from the root. The processor looks for it in
   * the folders of its option {@code bitfold.onnx}, in the class output, on the class path and on
   * the source path.
   */
  String value();
}
