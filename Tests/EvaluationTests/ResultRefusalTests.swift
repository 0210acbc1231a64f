import Basics
import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// What is said of a result file that a run cannot use.
@Suite struct ResultRefusalTests {
  @Test func anotherModelIsNamedInASentence() throws {
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      _ = try ResultFile(path: path, run: ResultTests.run(), resume: false)
      var other = ResultTests.run()
      other.modelDigests = ["model": "123456789abcdef", "more": "22"]
      let clause =
        "its model files are model (SHA-256 00…), and not model (SHA-256 123456789abc…), "
        + "more (SHA-256 22…)"
      #expect(throws: ResultError.otherRun(path, clause)) {
        _ = try ResultFile(path: path, run: other, resume: true)
      }
    }
  }

  @Test func nothingIsSaidOfResultsWhereThereAreNone() throws {
    try withFolder { folder in
      let missing = folder + "/none/r.jsonl"
      let pipe = folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      for (path, reason) in [
        (missing, "no such file or directory"), (folder, "is a directory"),
        (pipe, "a result file must be a regular file"),
      ] {
        let error = ResultError.notWritten(.cannotCreate(path: path, reason: reason))
        for resume in [false, true] {
          #expect(throws: error) {
            _ = try ResultFile(path: path, run: ResultTests.run(), resume: resume)
          }
        }
        #expect(!"\(error)".contains("--resume"))
      }
      #expect(
        throws: ResultError.notWritten(
          .cannotCreate(path: missing, reason: "no such file or directory"))
      ) {
        try ResultFile.write(run: ResultTests.run(), records: [], to: missing)
      }
    }
  }
}
