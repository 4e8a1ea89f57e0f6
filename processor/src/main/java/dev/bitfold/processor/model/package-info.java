/**
 * Describes in records what is generated for a class. The generator sees nothing else. Imports
 * JavaPoet's type names, the annotations' enums and the descriptors; of the compiler, only
 * modifiers.
 */
@NullMarked
package dev.bitfold.processor.model;

import org.jspecify.annotations.NullMarked;
