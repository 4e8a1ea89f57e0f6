package dev.bitfold.layer;

import org.jspecify.annotations.Nullable;

/** Derives the names of components from the keys of a map. */
final class MapKey {
  private MapKey() {}

  /**
   * Returns the name of a key.
   *
   * @param walk the walk that meets the map
   * @throws IllegalArgumentException if the key's text is not a valid name
   */
  static String name(@Nullable Object key, Walk walk) {
    if (key == null) {
      throw refused(walk, "null", "it is not a name");
    }
    String name = key.toString();
    if (name.isEmpty() || name.chars().anyMatch(c -> c == '.' || c < ' ')) {
      throw refused(
          walk, "\"" + name + "\"", "a name is not empty and holds no dots and line ends");
    }
    String identity =
        key.getClass().getName() + "@" + Integer.toHexString(System.identityHashCode(key));
    if (name.equals(identity)) {
      throw refused(walk, name, "its class has no toString, so that it differs from run to run");
    }
    return name;
  }

  private static IllegalArgumentException refused(Walk walk, String key, String why) {
    String where = walk.path().isEmpty() ? "the model" : walk.path();
    return new IllegalArgumentException(
        where + " is a map with the key " + key + ", which names a component: " + why);
  }
}
