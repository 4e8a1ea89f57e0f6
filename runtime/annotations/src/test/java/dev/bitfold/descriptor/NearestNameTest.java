package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  /** One edit for each third letter, and two in any case. */
  @ParameterizedTest
  @CsvSource({
    "abc, abc, true",
    "ABC, abc, true",
    "ab, cd, true",
    "abc, abxy, true",
    "abc, abxyz, false",
    "abc, xyz, false",
    "abcdefghi, abcdefxyz, true",
    "abcdefghi, abcdewxyz, false",
    "abcdefghi, cdefghi, true",
    "weight, wieght, true",
    "kitten, sitting, false",
    "kittens, sitting, false",
    "wordkitten, wordsitting, true",
    "abcdef, xabcde, true",
  })
  void aNameIsNearIfFewLettersDiffer(String name, String other, boolean near) {
    assertEquals(
        near ? "did you mean '" + other + "'?" : "there are '" + other + "'",
        NearestName.question(name, List.of(other)));
  }

  @Test
  void theNearestComeFirstAndThreeAtMost() {
    assertEquals(
        "did you mean 'fc1' or 'fc2' or 'fd2'?",
        NearestName.question("fc1", List.of("fd2", "fc2", "fc1", "fc1", "gd1x", "fe3")));
    assertEquals(
        "there are 'alpha', 'beta', 'gamma' and 2 more",
        NearestName.question(
            "something", List.of("alpha", "beta", "alpha", "gamma", "delta", "epsilon")));
    assertEquals(
        "there are 'alpha', 'beta', 'gamma'",
        NearestName.question("something", List.of("alpha", "beta", "gamma")));
    assertEquals("there are none", NearestName.question("x", List.of()));
  }

  @Test
  void aNameThatHoldsTheOtherMayBeMeant() {
    List<String> known = List.of("blocks.0.fc1.weight", "embedding");
    assertEquals(Optional.of("blocks.0.fc1.weight"), NearestName.to("FC1", known));
    assertEquals(Optional.of("embedding"), NearestName.to("theEmbeddingTable", known));
    assertEquals(Optional.empty(), NearestName.to("conv", known));
    assertEquals(Optional.empty(), NearestName.to("", known));
    assertEquals(Optional.of("aab"), NearestName.to("aaa", List.of("aac", "aab")));
    assertEquals(Optional.of("aab"), NearestName.to("aab", List.of("aaa", "aab")));
    assertEquals("did you mean 'embedding'? ", NearestName.suggestion("embeding", known));
    assertEquals("", NearestName.suggestion("conv", known));
  }
}
