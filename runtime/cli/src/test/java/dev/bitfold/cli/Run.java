package dev.bitfold.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** A run of the program in this process. */
record Run(int code, String out, String err) {
  static Run of(Object... args) {
    CommandLine command = Bitfold.commandLine();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] words = new String[args.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = args[i].toString();
    }
    return new Run(command.execute(words), out.toString(), err.toString());
  }
}
