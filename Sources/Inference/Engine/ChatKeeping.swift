import Basics
import Foundation
import KVCache

/// A conversation's entries in a file, so that going on with it reads nothing anew.
///
/// The file holds what the conversation was (a digest of the model, the picture's rows, every token)
/// before what it has; a digest of all of it stands at the end. It is of use on this kind of machine
/// alone, since values lie in it as they lie in memory.
extension ChatSession {
  /// Says what the file is, and the version of its form.
  private static let mark = Array("prefixkv entries 3\n".utf8)

  /// Writes the file, for its owner alone.
  ///
  /// - Returns: its size in bytes.
  /// - Throws: `ChatError.nothingToKeep` before the first answer, `FileError`, and `CacheError` when
  ///   evicted entries cannot be read.
  public func keepEntries(in path: String) throws -> Int {
    guard !asked.isEmpty else { throw ChatError.nothingToKeep }
    let writer = try ArchiveWriter(path: path)
    try writer.array(Self.mark)
    try writer.array(Array(identity.utf8))
    try writer.array(cached.map(\.number))
    try writer.array(asked.flatMap { [$0.seen, $0.cached] })
    try session.retention.archive(to: writer)
    try writer.finish()
    chmod(path, 0o600)
    return writer.size
  }

  /// Takes back the entries of a conversation that began with these turns, which the new conversation
  /// at hand has with their answers' tokens.
  ///
  /// - Returns: how many of the turns it has now.
  /// - Throws: `ArchiveError` or `WeightError` for a file that cannot be used; the conversation is then
  ///   of no further use until `clear`.
  ///
  /// - Parameter questions: of the turns, as they were asked.
  func takeEntries(from path: String, of turns: [Turn], _ questions: [String]) throws -> Int {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      try takeEntries(of: turns, questions, from: file.bytes)
    }
  }

  private func takeEntries(
    of turns: [Turn], _ questions: [String], from bytes: UnsafeRawBufferPointer
  ) throws -> Int {
    var reader = try ArchiveReader(bytes)
    guard try reader.array(of: UInt8.self) == Self.mark else {
      throw ArchiveError("it is of another version")
    }
    guard try reader.array(of: UInt8.self) == Array(identity.utf8) else {
      throw ArchiveError("it is of another model or another picture")
    }
    let tokens = try reader.array(of: Int.self).map(PromptToken.init)
    let places = try reader.array(of: Int.self)
    let count = places.count / 2
    guard places.count % 2 == 0, count > 0, count <= turns.count else {
      throw ArchiveError("it is of another conversation")
    }
    conversation.turns = Array(turns[..<count])
    guard conversation.prompt(model.tokenizer).tokens.starts(with: tokens) else {
      throw ArchiveError("it is of another conversation")
    }
    try session.retention.restore(from: &reader)
    guard reader.isAtEnd, session.cache.seen == rows(of: tokens),
      (0..<count).allSatisfy({ turn in
        (0...session.cache.seen).contains(places[2 * turn])
          && (0...tokens.count).contains(places[2 * turn + 1])
      })
    else {
      throw ArchiveError("its entries do not fit its tokens")
    }
    cached = tokens
    asked = (0..<count).map { turn in
      AskedQuestion(
        text: questions[turn], seen: places[2 * turn], cached: places[2 * turn + 1])
    }
    return count
  }

  private func rows(of tokens: [PromptToken]) -> Int {
    tokens.reduce(0) { $0 + ($1 == .image ? image?.count ?? 0 : 1) }
  }

  /// What the entries depend on besides the tokens: weights, the picture's rows, and how keys are
  /// rotated.
  private var identity: String {
    var hash = SHA256()
    if let image { image.values.withUnsafeBytes { hash.update($0) } }
    let picture = hash.finish()
    return "\(model.digest) \(picture) \(options.positionRule.rawValue) \(session.reach)"
  }
}

extension PromptToken {
  /// The id, or -1 for the picture.
  fileprivate var number: Int { if case .token(let id) = self { id } else { -1 } }

  fileprivate init(_ number: Int) { self = number < 0 ? .image : .token(number) }
}

extension LlavaModel {
  /// A digest of the weights: of every tensor its name, shape, type and first and last bytes, and how
  /// much memory they take as they were packed. Reading all of a large model would take as long as
  /// reading the conversation again.
  var digest: String {
    var hash = SHA256()
    for tensor in checkpoint.tensors {
      let words = "\(tensor.name) \(tensor.shape) \(tensor.type) \(tensor.bytes.count)\n"
      Array(words.utf8).withUnsafeBytes { hash.update($0) }
      for part in [tensor.bytes.prefix(4096), tensor.bytes.suffix(4096)] {
        hash.update(UnsafeRawBufferPointer(rebasing: part))
      }
    }
    Array("\(weightBytes)".utf8).withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }
}
