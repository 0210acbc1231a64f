import Foundation

/// A GGUF model that llama.cpp split into several files, NAME-00001-of-00003.gguf and so on. The first
/// file has all keys, and each has some of the tensors.
enum GGUFParts {
  /// The name of a part, taken apart.
  private struct Name {
    let stem: String
    let number: Int
    let count: Int

    init?(_ path: String) {
      guard let match = path.wholeMatch(of: /(.*)-([0-9]{5})-of-([0-9]{5})\.gguf/),
        let number = Int(match.2), let count = Int(match.3), 1...count ~= number
      else { return nil }
      stem = String(match.1)
      self.number = number
      self.count = count
    }

    func path(_ number: Int) -> String {
      stem + String(format: "-%05d-of-%05d.gguf", number, count)
    }
  }

  /// Whether the file is the second or a later part.
  static func isFurther(_ path: String) -> Bool { (Name(path)?.number ?? 1) > 1 }

  /// The whole model, given any of its parts.
  ///
  /// - Throws: `WeightError` when a part is missing or belongs to another model.
  static func joined(_ path: String) throws(WeightError) -> GGUFFile {
    guard let name = Name(path) else {
      let file = try GGUFFile(path: path)
      let count = try count(of: file)
      guard count <= 1 else {
        throw file.unsupported(
          "split.count",
          "is \(count): the model is split into several files, but this one's name does not end in "
            + "'-00001-of-\(String(format: "%05d", count)).gguf', by which the others are found")
      }
      return file
    }
    let first = try GGUFFile(path: name.path(1))
    guard try count(of: first) == name.count else {
      throw first.invalid("split.count", expected: "\(name.count), as the file's name says")
    }
    var others: [GGUFFile] = []
    for number in 2..<max(2, name.count + 1) {
      let part = try Self.part(number, of: name)
      guard try part.integer("split.no", default: number - 1, in: 0...99999) == number - 1 else {
        throw part.invalid("split.no", expected: "\(number - 1), as the file's name says")
      }
      others.append(part)
    }
    let whole = first.joined(with: others)
    let tensors = try first.integer(
      "split.tensors.count", default: whole.tensors.count, in: 0...Int.max)
    guard tensors == whole.tensors.count else {
      throw .damaged(
        path: first.path,
        detail:
          "its \(name.count) parts hold \(whole.tensors.count) tensors, but it says \(tensors)")
    }
    return whole
  }

  private static func part(_ number: Int, of name: Name) throws(WeightError) -> GGUFFile {
    do {
      return try GGUFFile(path: name.path(number))
    } catch .unreadable(let path, let reason) {
      throw .unreadable(
        path: path,
        reason:
          "\(reason): the model is split into \(name.count) files, and all of them belong into "
          + "one folder")
    }
  }

  private static func count(of file: GGUFFile) throws(WeightError) -> Int {
    try file.integer("split.count", default: 1, in: 0...65535)
  }
}
