package dev.bitfold.spark;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.QuantDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** Tells one version of Bitfold from another: by a hash of its classes, wherever they lie. */
final class BitfoldCode {
  private static final String PACKAGE = "dev/bitfold/";
  private static final String CLASS = ".class";
  private static final String HASH = hashed();

  private BitfoldCode() {}

  /** Returns the hash of the classes in this JVM. */
  static String hash() {
    return HASH;
  }

  private static String hashed() {
    try {
      Set<Path> places = new LinkedHashSet<>();
      for (Class<?> one : List.of(Plan.class, QuantDescriptor.class, BitfoldCode.class)) {
        CodeSource source = one.getProtectionDomain().getCodeSource();
        if (source == null) {
          throw new IOException("the classes of " + one.getName() + " lie nowhere");
        }
        places.add(Path.of(source.getLocation().toURI()));
      }
      SortedMap<String, byte[]> classes = new TreeMap<>();
      for (Path place : places) {
        if (Files.isDirectory(place)) {
          addFolder(place, classes);
        } else {
          addJar(place, classes);
        }
      }
      MessageDigest all = sha256();
      classes.forEach(
          (name, hash) -> {
            all.update(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            all.update(hash);
          });
      return HexFormat.of().formatHex(all.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void addFolder(Path folder, SortedMap<String, byte[]> classes) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(PACKAGE))) {
      for (Path file : files.filter(f -> f.toString().endsWith(CLASS)).toList()) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        classes.put(name, sha256().digest(Files.readAllBytes(file)));
      }
    }
  }

  private static void addJar(Path jar, SortedMap<String, byte[]> classes) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      for (Enumeration<JarEntry> all = file.entries(); all.hasMoreElements(); ) {
        JarEntry entry = all.nextElement();
        if (entry.getName().startsWith(PACKAGE) && entry.getName().endsWith(CLASS)) {
          try (InputStream in = file.getInputStream(entry)) {
            classes.put(entry.getName(), sha256().digest(in.readAllBytes()));
          }
        }
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
