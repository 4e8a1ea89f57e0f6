package dev.bitfold.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that an invalid setting is refused instead of replaced by the default. */
class SettingTest {
  private final String before = System.getProperty(Setting.THREADS.property(), "");

  @AfterEach
  void restore() {
    set(before);
  }

  private static void set(String text) {
    if (text.isEmpty()) {
      System.clearProperty(Setting.THREADS.property());
    } else {
      System.setProperty(Setting.THREADS.property(), text);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"many", "0", "-2", "1.5", "2x", "99999999999", "٣x"})
  void threadsThatAreNoNumberFromOneAreRefused(String text) {
    set(text);
    assertEquals(
        "bitfold.threads=" + text + " is not a whole number from 1",
        assertThrows(IllegalArgumentException.class, () -> Setting.THREADS.count(4)).getMessage());
  }

  @Test
  void noneAreThoseOfTheCaller() {
    set("");
    assertEquals(4, Setting.THREADS.count(4));
    set("  ");
    assertEquals(4, Setting.THREADS.count(4));
    set(" 3 ");
    assertEquals(3, Setting.THREADS.count(4));
  }
}
