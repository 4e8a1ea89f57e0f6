package dev.bitfold.processor.model;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Map;

/**
 * Describes a user's recipe.
 *
 * @param subject the annotation type
 * @param descriptors its descriptors
 * @param alpha the alpha of its {@code @SmoothQuant}; off if it has none
 */
public record RecipeModel(Subject subject, Map<Role, QuantDescriptor> descriptors, Alpha alpha) {}
