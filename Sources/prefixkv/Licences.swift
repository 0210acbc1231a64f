import Basics
import Foundation

/// The licences of the program, of what is linked into it and of the files that come with it.
enum Licences {
  /// What each text covers, and where it lies in the folder of assets.
  private static let texts: [(covers: String, file: String)] = [
    ("prefixkv", "licenses/prefixkv.txt"),
    ("The bundled model, its tokenizer, pictures and questions", "model/LICENSE"),
    ("The prefix configurations for LLaVA-1.5 7B and 13B", "confs/LICENSE"),
    (
      "Swift's runtime, Foundation, Dispatch and ArgumentParser, linked into the program",
      "licenses/swift.txt"
    ),
    ("GRDB.swift, linked into the program", "licenses/grdb.txt"),
    ("ICU, which is a part of Foundation, linked into the program", "licenses/icu.txt"),
    ("UUIDs, which are a part of Foundation, linked into the program", "licenses/uuid.txt"),
    ("Libraries of the system, not a part of the program", "licenses/libraries.txt"),
  ]

  /// All texts, each under a heading that says what it covers.
  ///
  /// - Throws: `LicenceError.missing` naming the folders in which a text was looked for.
  static func all(folders: [String] = AssetFolders.all()) throws -> String {
    try texts.map { covers, file in
      let heading = covers + "\n" + String(repeating: "=", count: covers.count)
      return heading + "\n\n" + (try text(file, in: folders))
    }.joined(separator: "\n\n")
  }

  private static func text(_ file: String, in folders: [String]) throws -> String {
    for folder in folders {
      if let data = FileManager.default.contents(atPath: folder + "/" + file) {
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
      }
    }
    throw LicenceError.missing(file: file, looked: folders)
  }
}

/// A licence text that should have come with the program.
enum LicenceError: Error, CustomStringConvertible {
  case missing(file: String, looked: [String])

  var description: String {
    switch self {
    case .missing(let file, let looked):
      "The licence text '\(file)' is in none of \(looked.map { "'\($0)'" }.joined(separator: ", ")). "
        + "Set PREFIXKV_ASSETS to the folder of prefixkv's assets."
    }
  }
}
