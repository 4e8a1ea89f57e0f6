package dev.bitfold.cuda.standin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Runs a program with the stand-in as the driver, and says at its end how many kernels were
 * launched. In the folder of this module: {@code Launches FILE CLASS ARGUMENTS...}; the number goes
 * to the file.
 */
public final class Launches {
  private Launches() {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    System.setProperty("bitfold.device", "cuda");
    System.setProperty("bitfold.cuda.driver", StandIn.build().toString());
    Path file = Path.of(args[0]);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  long launches = StandIn.controls().standin_get("launches");
                  try {
                    Files.writeString(file, launches + "\n");
                  } catch (IOException e) {
                    System.err.println(file + ": " + e);
                  }
                }));
    Class.forName(args[1])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 2, args.length));
  }
}
