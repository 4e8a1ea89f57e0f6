package dev.bitfold.processor.validation.creator;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import javax.lang.model.type.TypeMirror;

/**
 * What the constructor of a class must carry, so that the class can be built again with another
 * one.
 *
 * @param name the name that the constructor's parameter must have
 * @param type its type
 * @param id the problem if no parameter carries it
 * @param place where that is reported
 * @param words how it is called in messages: {@code @Weight weight}, {@code layer}
 */
public record Carried(String name, TypeMirror type, ProblemId id, Place place, String words) {}
