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
  /// - Parameters:
  ///   - resume: Without it a file that exists is an error, so that no result is lost.
  ///   - bounds: What the lines of a file that is continued are held against; nil where neither the
  ///     data set nor the model is at hand.
  /// - Throws: `ResultError`. A file that holds anything but results of this run is not changed.
  public init(
    path: String, run: RunDescription, resume: Bool, bounds: ResultBounds? = nil
  ) throws(ResultError) {
    try Self.requirePlace(path, resume: resume)
    // Without blocking, so that a pipe is refused below instead of being waited for.
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else {
      throw .notWritten(.cannotCreate(path: path, reason: systemReason()))
    }
    self.path = path
    self.run = run
    do {
      finished = try Self.prepare(path: path, descriptor: descriptor, run: run, bounds: bounds)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Refuses a path that results cannot be at, so that it does not cost the loading of a model.
  ///
  /// - Throws: `ResultError.notWritten` for anything but a regular file, `.exists` for a file that is
  ///   not to be continued.
  static func requirePlace(_ path: String, resume: Bool) throws(ResultError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    try requireRegular(status, path)
    guard resume else { throw .exists(path) }
  }

  private static func requireRegular(_ status: stat, _ path: String) throws(ResultError) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw .notWritten(.cannotCreate(path: path, reason: systemReason(EISDIR)))
    default:
      throw .notWritten(
        .cannotCreate(path: path, reason: "a result file must be a regular file"))
    }
  }

  /// Appends all lines of one sample.
  public func append(_ records: [EvaluationRecord]) throws(ResultError) {
    precondition(records.allSatisfy { !finished.contains($0.key) }, "a result is written once")
    let lines = records.map { JSONStyle.line($0) + "\n" }.joined()
    do {
      try Self.write(lines, to: descriptor, path: path)
    } catch {
      throw .unwritable(error)
    }
  }

  /// Reads the finished results, or writes the description into an empty file. Nothing is cut off
  /// before the whole file is known to be of this run.
  private static func prepare(
    path: String, descriptor: Int32, run: RunDescription, bounds: ResultBounds?
  ) throws(ResultError) -> Set<EvaluationRecord.Key> {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .notWritten(.cannotCreate(path: path, reason: systemReason()))
    }
    try requireRegular(status, path)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path) }
    let bytes = try contents(path)
    let whole = (bytes.lastIndex(of: newline) ?? -1) + 1
    var finished: Set<EvaluationRecord.Key> = []
    if whole > 0 {
      let lines = bytes.prefix(whole)
      // What differs between the runs comes first: it explains every line that is none of this run.
      let old = try ResultLines.description(lines, path: path)
      if let difference = old.difference(from: run) { throw .otherRun(path, difference) }
      guard old.shard == run.shard else {
        throw .otherRun(path, "its shard is \(old.shard), and not \(run.shard)")
      }
      finished = Set(try ResultLines.parse(lines, path: path, bounds: bounds).records.map(\.key))
    } else if !ResultLines.mayBeginDescription(bytes) {
      throw .damaged(path, "its first line does not describe a run")
    }
    if whole < bytes.count, ftruncate(descriptor, off_t(whole)) != 0 {
      throw .unwritable(.cannotWrite(path: path, reason: systemReason()))
    }
    guard whole == 0 else { return finished }
    do {
      try write(JSONStyle.line(run) + "\n", to: descriptor, path: path)
    } catch {
      throw .notWritten(error)
    }
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
  /// - Throws: `ResultError`, also where two files hold the same shard or the same result, or together
  ///   more samples than the run has.
  public static func merge(
    paths: [String]
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    var merged: RunDescription?
    var records: [EvaluationRecord.Key: EvaluationRecord] = [:]
    var shards: Set<Shard> = []
    var samples: Set<Int> = []
    var layers: Int?
    for path in paths {
      let part = try read(path: path)
      if let merged, let difference = part.run.difference(from: merged) {
        throw .otherRun(path, difference)
      }
      guard shards.insert(part.run.shard).inserted else {
        throw .twice(path, "shard \(part.run.shard)")
      }
      merged = merged ?? part.run
      samples.formUnion(part.records.map(\.index))
      guard samples.count <= part.run.samples else {
        throw .damaged(path, "with it there are results of more than \(part.run.samples) samples")
      }
      if let own = part.records.first?.keptLengths.count {
        guard own == layers ?? own else {
          throw .damaged(path, "its results have another number of layers, \(own), than the others")
        }
        layers = own
      }
      for record in part.records where records.updateValue(record, forKey: record.key) != nil {
        throw .twice(path, "\(record.key)")
      }
    }
    guard var run = merged else { throw .nothingToMerge }
    run.shard = .whole
    return (run, ordered(Array(records.values), of: run))
  }

  /// Sorts by sample, then as the run lists types of the cache, policies and budgets, then by turn.
  public static func ordered(
    _ records: [EvaluationRecord], of run: RunDescription
  ) -> [EvaluationRecord] {
    func place(_ record: EvaluationRecord) -> [Int] {
      [
        record.index, record.kvType.flatMap { run.kvTypes?.firstIndex(of: $0) } ?? 0,
        run.policies.firstIndex(of: record.policy) ?? run.policies.count,
        run.budgets.firstIndex(of: record.budget) ?? run.budgets.count, record.turn ?? 0,
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
      throw .notWritten(error)
    }
  }

  // MARK: Bytes

  private static let newline = UInt8(ascii: "\n")

  private static func contents(_ path: String) throws(ResultError) -> Data {
    do { return try InputFile.contents(of: path) } catch { throw .unreadable(error) }
  }

  private static func write(
    _ lines: String, to descriptor: Int32, path: String
  ) throws(FileError) {
    let isWritten = Array(lines.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
    guard isWritten, fsync(descriptor) == 0 else {
      throw .cannotWrite(path: path, reason: systemReason())
    }
  }
}
