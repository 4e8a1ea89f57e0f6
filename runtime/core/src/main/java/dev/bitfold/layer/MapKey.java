package dev.bitfold.layer;

import org.jspecify.annotations.Nullable;

/** The names that keys of a map give to components. */
final class MapKey {
  private MapKey() {}

  /**
   * The name of a key.
   *
   * @param walk where the map is met
   * @throws IllegalArgumentException if the key's text is no name
   */
  static String name(@Nullable Object key, Walk walk) {
    if (key == null) {
      throw refused(walk, "null", "it is no name");
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
