package dev.bitfold.examples.embeddings.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.load.BadInputException;
import org.junit.jupiter.api.Test;

class TokenizerTest {
  @Test
  void addsTheSpecialTokensAndNoPadding() {
    assertArrayEquals(
        new int[] {101, 7592, 2088, 102}, MiniLmFixture.TOKENIZER.encode("Hello World"));
  }

  @Test
  void takesSentencesLongerThanTheFilesOwnLimitOf128() {
    assertEquals(202, MiniLmFixture.TOKENIZER.encode("word ".repeat(200)).length);
  }

  @Test
  void cutsAtTheGivenLength() {
    int[] tokens = MiniLmFixture.TOKENIZER.encode("word ".repeat(2000));
    assertEquals(256, tokens.length);
    assertEquals(102, tokens[255]);
  }

  @Test
  void putsThePrefixFirst() {
    try (Tokenizer tokenizer = MiniLmFixture.tokenizer("hello ", 256)) {
      assertArrayEquals(new int[] {101, 7592, 2088, 102}, tokenizer.encode("World"));
    }
  }

  @Test
  void refusesATokenThatTheModelDoesNotKnow() {
    try (Tokenizer tokenizer = new Tokenizer(MiniLmFixture.TOKENIZER_FILE, "", 256, 7000)) {
      BadInputException e =
          assertThrows(BadInputException.class, () -> tokenizer.encode("Hello World"));
      assertTrue(e.getMessage().contains("7592"), e.getMessage());
    }
  }
}
