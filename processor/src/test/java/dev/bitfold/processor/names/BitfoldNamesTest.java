package dev.bitfold.processor.names;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.palantir.javapoet.ClassName;
import dev.bitfold.layer.GeneratedLayer;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;

class BitfoldNamesTest {
  @Test
  void everyNameIsThatOfAClass() throws ReflectiveOperationException {
    for (Field field : BitfoldNames.class.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers()) && field.getType() == ClassName.class) {
        String name = ((ClassName) field.get(null)).reflectionName();
        assertEquals(name, Class.forName(name).getName());
      }
    }
  }

  @Test
  void theContractIsTheRuntimes() {
    assertEquals(GeneratedLayer.CURRENT, BitfoldNames.CONTRACT_VERSION);
  }

  @Test
  void nestedClassesGiveFlatNames() {
    ClassName nested = ClassName.get("com.acme", "Outer", "Inner");
    assertEquals("com.acme.QuantizedOuter_Inner", GeneratedNames.wrapper(nested).toString());
    assertEquals("com.acme.Outer_InnerQuantizer", GeneratedNames.quantizer(nested).toString());
    assertEquals("com.acme.Outer_InnerRecipe", GeneratedNames.recipe(nested).toString());
  }
}
