package dev.bitfold.processor.model;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Map;

/**
 * A user's recipe.
 *
 * @param subject the annotation type
 * @param descriptors what it carries
 * @param alpha that of its {@code @SmoothQuant}; off if it has none
 */
public record RecipeModel(Subject subject, Map<Role, QuantDescriptor> descriptors, Alpha alpha) {}
