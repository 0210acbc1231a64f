import Foundation
import TestSupport
import Testing

/// What `make lint` must find in a source, and what it must not.
@Suite struct LintTests {
  private func lint(_ text: String, name: String = "A.swift") throws -> Program.Outcome {
    try withFile(text.utf8, name: name) { path in
      let folder = (path as NSString).deletingLastPathComponent
      return try Program.shell(
        "exec \"$1\" \"$2\"", Sample.repository + "/scripts/lint-sources.sh", folder)
    }
  }

  @Test(arguments: [
    "let a = try! f()", "let a = b as! Int", "let a = b as!\n  Int", "let a=(try!f())",
    "print(\"a\")", "  print (1)", "Swift.print(1)", "debugPrint(1)", "if a { dump(1) }",
    "puts(\"a\")", "fputs(\"a\", stderr)", "NSLog(\"a\")", "let line = readLine()",
    "write(1, bytes, count)", "  _ = write(1, bytes, count)", "defer { write(1, bytes, count) }",
    "Glibc.write(1, bytes, count)", "if a { pwrite(1, bytes, count, 0) }", "f(); send(1, a, 2, 0)",
    "FileHandle.standardOutput.write(data)", "try FileHandle(forWritingTo: url).write(data)",
    "FileManager.default.createFile(atPath: path, contents: nil)",
    "try text.write(toFile: path, atomically: true, encoding: .utf8)",
    "try data.write(to: URL(fileURLWithPath: path))", "try data.write(to: url, options: .atomic)",
    "let file = fopen(path, \"w\")", "let a = (path as NSString).deletingLastPathComponent",
    "let a = NSString(string: path).pathExtension",
  ])
  func whatIsForcedOrUncheckedIsFound(line: String) throws {
    let outcome = try lint("func a() {\n  \(line)\n}\n")
    #expect(outcome.status == 1 && outcome.output.contains("A.swift:2:"), "\(outcome)")
  }

  @Test(arguments: [
    "let count = write(1, bytes, count)", "try write(text)", "guard write(1, a, 2) == 2 else {}",
    "func print(_ text: String) {}", "printer.print(text)", "let blueprint = a(1)",
    "try OutputFile.write(bytes, to: path)", "let a = try? f()", "let a = b as? Int",
    "try estimation.write(to: folder)",
  ])
  func whatIsCheckedIsNot(line: String) throws {
    let outcome = try lint("func a() {\n  \(line)\n}\n")
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
  }

  @Test func cWritesNothing() throws {
    for line in ["printf(\"a\");", "fprintf(stderr, \"a\");", "  puts(\"a\");"] {
      #expect(try lint(line, name: "a.c").status == 1, "\(line)")
    }
    #expect(try lint("snprintf(a, 1, \"a\"); mvprintw(1, 1, \"a\");", name: "a.c").status == 0)
  }
}
