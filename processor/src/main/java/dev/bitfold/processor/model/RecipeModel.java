package dev.bitfold.processor.model;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A user's recipe.
 *
 * @param subject the annotation type
 * @param descriptors what it carries
 * @param smoothQuant the alpha of its {@code @SmoothQuant}, NaN to search it
 */
public record RecipeModel(
    Subject subject, Map<Role, QuantDescriptor> descriptors, OptionalDouble smoothQuant) {}
