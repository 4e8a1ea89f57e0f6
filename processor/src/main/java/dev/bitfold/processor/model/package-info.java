/**
 * What is generated for a class, in records: all that the generator sees. Imports JavaPoet's type
 * names, the annotations' enums and the descriptors; nothing of the compiler but modifiers.
 */
@NullMarked
package dev.bitfold.processor.model;

import org.jspecify.annotations.NullMarked;
