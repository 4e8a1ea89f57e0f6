package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.DeviceGroups.Form;
import org.jspecify.annotations.Nullable;

/**
 * Holds a pre-quant scale in the form of the kernels: {@code PreScale} of layout.cuh.
 *
 * @param factors the address of the scale's numbers; a null pointer without a pre-quant scale
 * @param groups the groups of these numbers; null without a pre-quant scale
 * @param form the form of these groups
 */
record DevicePreQuantScale(DevicePointer factors, @Nullable DeviceGroups groups, Form form) {
  /** No pre-quant scale. */
  static final DevicePreQuantScale NONE =
      new DevicePreQuantScale(DevicePointer.NULL, null, Form.ONE);

  void write(LaunchArguments to) {
    to.pointer(factors);
    if (groups == null) {
      DeviceGroups.writeNone(to);
    } else {
      groups.write(to);
    }
    to.integer(form.code()).align(Long.BYTES);
  }
}
