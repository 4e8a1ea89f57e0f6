package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.DeviceGroups.Form;
import org.jspecify.annotations.Nullable;

/**
 * A pre-scale as the kernels take it: {@code PreScale} of layout.cuh.
 *
 * @param factors nowhere if there is no pre-scale
 * @param groups of the factors; null if there is no pre-scale
 * @param form of these groups
 */
record DevicePreScale(DevicePointer factors, @Nullable DeviceGroups groups, Form form) {
  /** Every element is taken as it is. */
  static final DevicePreScale NONE = new DevicePreScale(DevicePointer.NULL, null, Form.ONE);

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
