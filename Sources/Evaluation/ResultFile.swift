import Basics
import Foundation

/// Results as JSON lines: the run's description, then one line per sample, policy and budget.
///
/// All lines of a sample are written by one call and then forced to the disk, so that a run that is
/// killed loses at most its current sample. An incomplete last line is cut off when the run
/// continues.
public final class ResultFile {
  /// The path that was given.
  public let path: String
  /// The run whose results the file holds.
  public let run: RunDescription
  /// The results that the file held when it was opened.
  public let finished: Set<EvaluationRecord.Key>
  private let descriptor: Int32

  /// Creates the file, or continues it.
  ///
  /// - Parameter resume: Without it a file that exists is an error, so that no result is lost.
  /// - Throws: `ResultError`. A file that holds anything but results of this run is not changed.
  public init(path: String, run: RunDescription, resume: Bool) throws(ResultError) {
    guard resume || access(path, F_OK) != 0 else { throw .exists(path) }
    // O_NONBLOCK, so that a pipe is refused below and not waited for.
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else {
      throw .unwritable(.cannotCreate(path: path, reason: systemReason()))
    }
    self.path = path
    self.run = run
    do {
      finished = try Self.prepare(path: path, descriptor: descriptor, run: run)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Appends all lines of one sample.
  public func append(_ records: [EvaluationRecord]) throws(ResultError) {
    precondition(records.allSatisfy { !finished.contains($0.key) }, "a result is written once")
    let lines = records.map { JSONStyle.line($0) + "\n" }.joined()
    try Self.write(lines, to: descriptor, path: path)
  }

  /// Reads the finished results, or writes the description into an empty file. Nothing is cut off
  /// before the whole file is known to be of this run.
  private static func prepare(
    path: String, descriptor: Int32, run: RunDescription
  ) throws(ResultError) -> Set<EvaluationRecord.Key> {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .damaged(path, "it is not a regular file")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path) }
    let bytes = try contents(path)
    let whole = (bytes.lastIndex(of: newline) ?? -1) + 1
    var finished: Set<EvaluationRecord.Key> = []
    if whole > 0 {
      let (old, records) = try ResultLines.parse(bytes.prefix(whole), path: path)
      if let difference = run.difference(from: old) { throw .otherRun(path, difference) }
      guard old.shard == run.shard else {
        throw .otherRun(path, "shard (\(run.shard), \(old.shard))")
      }
      finished = Set(records.map(\.key))
    } else if !ResultLines.mayBeginDescription(bytes) {
      throw .damaged(path, "its first line does not describe a run")
    }
    if whole < bytes.count, ftruncate(descriptor, off_t(whole)) != 0 {
      throw .unwritable(.cannotWrite(path: path, reason: systemReason()))
    }
    if whole == 0 { try write(JSONStyle.line(run) + "\n", to: descriptor, path: path) }
    return finished
  }

  // MARK: Whole files

  /// Reads a file of results; an incomplete last line is left out.
  public static func read(
    path: String
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    let bytes = try contents(path)
    return try ResultLines.parse(
      bytes.prefix((bytes.lastIndex(of: newline) ?? -1) + 1), path: path)
  }

  /// Joins the parts of one run in the order in which a single process would have written them.
  ///
  /// - Throws: `ResultError`, also where two files hold the same shard or the same result.
  public static func merge(
    paths: [String]
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    var merged: RunDescription?
    var records: [EvaluationRecord.Key: EvaluationRecord] = [:]
    var shards: Set<Shard> = []
    for path in paths {
      let part = try read(path: path)
      if let merged, let difference = part.run.difference(from: merged) {
        throw .otherRun(path, difference)
      }
      guard shards.insert(part.run.shard).inserted else {
        throw .twice(path, "Shard \(part.run.shard)")
      }
      merged = merged ?? part.run
      for record in part.records where records.updateValue(record, forKey: record.key) != nil {
        throw .twice(
          path, "Sample \(record.index), \(record.policy), budget \(record.budget.text)")
      }
    }
    guard var run = merged else { throw .nothingToMerge }
    run.shard = .whole
    return (run, ordered(Array(records.values), of: run))
  }

  /// Sorts by sample, then as the run lists policies and budgets.
  public static func ordered(
    _ records: [EvaluationRecord], of run: RunDescription
  ) -> [EvaluationRecord] {
    func place(_ record: EvaluationRecord) -> [Int] {
      [
        record.index, run.policies.firstIndex(of: record.policy) ?? run.policies.count,
        run.budgets.firstIndex(of: record.budget) ?? run.budgets.count,
      ]
    }
    return records.sorted { place($0).lexicographicallyPrecedes(place($1)) }
  }

  /// Writes a whole file, for `merge`; it appears complete or not at all.
  public static func write(
    run: RunDescription, records: [EvaluationRecord], to path: String
  ) throws(ResultError) {
    let lines = [JSONStyle.line(run)] + records.map { JSONStyle.line($0) }
    do {
      try OutputFile.write((lines.joined(separator: "\n") + "\n").utf8, to: path)
    } catch {
      throw .unwritable(error)
    }
  }

  // MARK: Bytes

  private static let newline = UInt8(ascii: "\n")

  private static func contents(_ path: String) throws(ResultError) -> Data {
    do { return try InputFile.contents(of: path) } catch { throw .unreadable(error) }
  }

  private static func write(
    _ lines: String, to descriptor: Int32, path: String
  ) throws(ResultError) {
    let isWritten = Array(lines.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
    guard isWritten, fsync(descriptor) == 0 else {
      throw .unwritable(.cannotWrite(path: path, reason: systemReason()))
    }
  }
}
