package dev.bitfold.processor.validation.creator;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import javax.lang.model.type.TypeMirror;

/**
 * Describes a value that a class's constructor must carry, so that the class can be rebuilt with
 * another value.
 *
 * @param name the name that the constructor's parameter must have
 * @param type the type of the value
 * @param id the problem if no parameter carries it
 * @param place the place where the problem is reported
 * @param words the value's name in messages: {@code @Weight weight}, {@code layer}
 */
public record Carried(String name, TypeMirror type, ProblemId id, Place place, String words) {}
