import Basics
import Inference
import Foundation

/// Results as JSON lines: the run's description, then one line per sample, policy and budget.
///
/// All lines of a sample are written by one call and then forced to the disk, so a run that is
/// killed loses at most the sample it was at, and a line that is only half there is cut off when the
/// run goes on.
public final class ResultFile {
  public let path: String
  public let run: RunDescription
  /// What the file held when it was opened.
  public let finished: Set<EvaluationRecord.Key>
  private let descriptor: Int32

  /// Creates the file, or continues it.
  ///
  /// - Parameter resume: Without it a file that exists is an error, so that no result is lost.
  public init(path: String, run: RunDescription, resume: Bool) throws(ResultError) {
    let exists = access(path, F_OK) == 0
    guard resume || !exists else { throw .exists(path) }
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unwritable(path, systemReason()) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .inUse(path)
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
    var bytes = Data()
    for record in records { bytes += Self.line(record) }
    try Self.write(bytes, to: descriptor, path: path)
  }

  /// Cuts off a half line, checks the description or writes it, and reads what is done.
  private static func prepare(
    path: String, descriptor: Int32, run: RunDescription
  ) throws(ResultError) -> Set<EvaluationRecord.Key> {
    let bytes = try contents(path)
    let whole = (bytes.lastIndex(of: newline) ?? -1) + 1
    if whole < bytes.count, ftruncate(descriptor, off_t(whole)) != 0 {
      throw .unwritable(path, systemReason())
    }
    guard whole > 0 else {
      try write(line(run), to: descriptor, path: path)
      return []
    }
    let (old, records) = try parse(bytes.prefix(whole), path: path)
    if let difference = run.difference(from: old) { throw .otherRun(path, difference) }
    guard old.shard == run.shard else {
      throw .otherRun(path, "shard (\(run.shard), \(old.shard))")
    }
    return Set(records.map(\.key))
  }

  // MARK: - Reading

  public static func read(
    path: String
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    let bytes = try contents(path)
    return try parse(bytes.prefix((bytes.lastIndex(of: newline) ?? -1) + 1), path: path)
  }

  /// The parts of one run, in the order a single process would have written them.
  public static func merge(
    paths: [String]
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    var merged: RunDescription?
    var records: [EvaluationRecord.Key: EvaluationRecord] = [:]
    var parts: Set<Shard> = []
    for path in paths {
      let part = try read(path: path)
      if let merged, let difference = part.run.difference(from: merged) {
        throw .otherRun(path, difference)
      }
      guard parts.insert(part.run.shard).inserted else { throw .twice(path, "\(part.run.shard)") }
      merged = merged ?? part.run
      for record in part.records where records.updateValue(record, forKey: record.key) != nil {
        throw .twice(path, "sample \(record.index), \(record.policy), budget \(record.budget)")
      }
    }
    guard var run = merged else { throw .nothingToMerge }
    run.shard = .whole
    return (run, ordered(Array(records.values), of: run))
  }

  /// By sample, then as the run lists policies and budgets.
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

  /// A whole file at once, for `merge`; complete or not there.
  public static func write(
    run: RunDescription, records: [EvaluationRecord], to path: String
  ) throws(ResultError) {
    let bytes = records.reduce(into: line(run)) { $0 += line($1) }
    do {
      try OutputFile.write(bytes, to: path)
    } catch {
      throw .unwritable(path, error.reason)
    }
  }

  // MARK: - Lines

  private static let newline = UInt8(ascii: "\n")

  private static func contents(_ path: String) throws(ResultError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(path, (error as NSError).localizedDescription)
    }
  }

  private static func parse(
    _ bytes: Data, path: String
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    let lines = bytes.split(separator: newline)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let first = lines.first, let run = try? decoder.decode(RunDescription.self, from: first)
    else { throw .unreadable(path, "its first line does not describe a run") }
    var records: [EvaluationRecord] = []
    for (index, line) in lines.enumerated().dropFirst() {
      guard let record = try? decoder.decode(EvaluationRecord.self, from: line) else {
        throw .unreadable(path, "line \(index + 1) is not a result")
      }
      records.append(record)
    }
    return (run, records)
  }

  private static func line(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("a result holds numbers and texts only")
    }
    return data + [newline]
  }

  private static func write(
    _ bytes: Data, to descriptor: Int32, path: String
  ) throws(ResultError) {
    let isWritten = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
    guard isWritten, fsync(descriptor) == 0 else { throw .unwritable(path, systemReason()) }
  }
}

/// Why a result file can not be used.
public enum ResultError: Error, Equatable, CustomStringConvertible {
  case exists(String)
  case inUse(String)
  case unreadable(String, String)
  case unwritable(String, String)
  /// The field that differs, with both values.
  case otherRun(String, String)
  case twice(String, String)
  case nothingToMerge

  public var description: String {
    switch self {
    case .exists(let path):
      "The result file '\(path)' exists. Continue it with --resume, or give another --output."
    case .inUse(let path): "Another process is writing to the result file '\(path)'."
    case .unreadable(let path, let reason): "The result file '\(path)' can not be read: \(reason)."
    case .unwritable(let path, let reason):
      "The result file '\(path)' can not be written: \(reason). What was written stays; continue "
        + "with --resume."
    case .otherRun(let path, let difference):
      "The result file '\(path)' belongs to another run; they differ in \(difference)."
    case .twice(let path, let what): "\(what) in '\(path)' was already in another file."
    case .nothingToMerge: "No result files are named. Give the files of all shards."
    }
  }
}
