import Basics
import Foundation
import KVCache

/// What is known of a run that is continued, beside what its description says.
public struct ResultBounds: Sendable {
  /// The places in the data set that the run's samples have.
  public var samples: Set<Int>
  /// The model's layers.
  public var layers: Int

  /// The bounds of a run over these samples with a model of so many layers.
  public init(samples: Set<Int>, layers: Int) {
    self.samples = samples
    self.layers = layers
  }
}

/// Reads the lines of a result file and checks that later arithmetic can rely on their numbers.
enum ResultLines {
  /// - Parameters:
  ///   - bytes: Whole lines.
  ///   - bounds: nil where neither the data set nor the model is at hand.
  /// - Throws: `ResultError.damaged` with the line and the cause.
  static func parse(
    _ bytes: Data, path: String, bounds: ResultBounds? = nil
  ) throws(ResultError) -> (run: RunDescription, records: [EvaluationRecord]) {
    let run = try description(bytes, path: path)
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    var records: [EvaluationRecord] = []
    var places = ResultPlaces(run: run, bounds: bounds)
    for (index, line) in lines.enumerated().dropFirst() {
      let number = index + 1
      func refusal(_ cause: String) -> ResultError {
        .damaged(path, "line \(number) is not a result of this run: \(cause)")
      }
      guard let record = try? JSONStyle.decode(EvaluationRecord.self, from: line) else {
        throw refusal("it lacks a result's fields")
      }
      let cause = record.implausibility ?? record.difference(inShapeFrom: records.first, bounds)
      if let cause { throw refusal(cause) }
      if let cause = places.take(record, line: number) { throw refusal(cause) }
      records.append(record)
    }
    return (run, records)
  }

  /// The run that the first line describes.
  ///
  /// - Parameter bytes: Whole lines.
  /// - Throws: `ResultError.damaged`.
  static func description(_ bytes: Data, path: String) throws(ResultError) -> RunDescription {
    let first = bytes.drop { $0 == UInt8(ascii: "\n") }.prefix { $0 != UInt8(ascii: "\n") }
    guard let run = try? JSONStyle.decode(RunDescription.self, from: first), run.isPlausible else {
      throw .damaged(path, "its first line does not describe a run")
    }
    return run
  }

  /// Whether these bytes without a line feed can be what a run left that was killed in its first
  /// line, of which `arguments` is the first key.
  static func mayBeginDescription(_ bytes: Data) -> Bool {
    zip(bytes, "{\"arguments\":[".utf8).allSatisfy(==)
  }
}

/// Counts of samples, tokens, positions and bytes that sums of a million lines cannot overflow.
private let plausible = 0...(1 << 42)

extension BudgetRequest {
  fileprivate var isPlausible: Bool {
    switch self {
    case .share(let share): share > 0 && share <= 1
    case .entriesPerLayer(let count), .bytes(let count): count > 0
    }
  }
}

extension RunDescription {
  fileprivate var isPlausible: Bool {
    plausible.contains(samples) && plausible.contains(skipped ?? 0)
      && budgets.allSatisfy(\.isPlausible)
  }
}

extension ObjectCount {
  /// An answer has as many absent things as it names at most, and no more present ones than are pictured.
  fileprivate var isPlausible: Bool {
    [named, absent, pictured].allSatisfy(plausible.contains)
      && named >= absent && named - absent <= pictured
  }
}

/// Which sample, policy and budget each line is of.
private struct ResultPlaces {
  let run: RunDescription
  let bounds: ResultBounds?
  private var lines: [EvaluationRecord.Key: Int] = [:]
  private var samples: Set<Int> = []

  init(run: RunDescription, bounds: ResultBounds?) {
    self.run = run
    self.bounds = bounds
  }

  /// Takes the record's place.
  ///
  /// - Returns: why the run has no such place, or no second line for it; nil where all is well.
  mutating func take(_ record: EvaluationRecord, line: Int) -> String? {
    samples.insert(record.index)
    // A sample's number counts bad items, too, so that without the data set only its least is known.
    let isKnown = bounds?.samples.contains(record.index) ?? (record.index >= run.skipped ?? 0)
    guard isKnown, samples.count <= run.samples else {
      return "sample \(record.index) is none of the run's \(run.samples)"
    }
    guard run.shard.owns(sample: record.index) else {
      return "sample \(record.index) is not in shard \(run.shard)"
    }
    guard run.policies.contains(record.policy), run.budgets.contains(record.budget) else {
      return "the run has no policy \(record.policy) at budget \(record.budget.text)"
    }
    guard record.kvType.map({ run.kvTypes?.contains($0) ?? false }) ?? (run.kvTypes == nil) else {
      return "the run compares no cache type \(record.kvType ?? "without a name")"
    }
    guard let first = lines.updateValue(line, forKey: record.key) else { return nil }
    return "\(record.key) is in line \(first) already"
  }
}

extension EvaluationRecord.Key: CustomStringConvertible {
  /// "sample 3, policy local, budget 0.5", with "question 2" in between in a conversation.
  public var description: String {
    "sample \(index)" + (turn.map { ", question \($0)" } ?? "")
      + ", policy \(policy), " + (kvType.map { "cache \($0), " } ?? "") + "budget \(budget.text)"
  }
}

extension EvaluationRecord {
  /// Why no run writes these numbers; nil where one may.
  fileprivate var implausibility: String? {
    for (name, count) in [
      ("index", index), ("cache_bytes", cacheBytes), ("full_bytes", fullBytes),
      ("turn", turn ?? 1),
    ] where !plausible.contains(count) {
      return "its \(name) is \(count)"
    }
    guard promptTokens > 0, plausible.contains(promptTokens) else {
      return "its prompt_tokens are \(promptTokens)"
    }
    guard !keptLengths.isEmpty else { return "its kept_lengths are empty" }
    if let length = keptLengths.first(where: { !(0...promptTokens).contains($0) }) {
      return "one of its kept_lengths is \(length), of \(promptTokens) prompt_tokens"
    }
    if let objects, !objects.isPlausible { return "its objects are counted as \(objects)" }
    guard budget.isPlausible else { return "its budget is \(budget.text)" }
    guard profile?.lorenz?.allSatisfy({ $0.curve.count == 101 }) ?? true else {
      return "its Lorenz curves do not have 101 points"
    }
    return lossImplausibility
  }

  /// A loss counts its terms. An answer of one token has none under the elastic-cache protocol.
  private var lossImplausibility: String? {
    let tokens = loss?.tokens ?? 0
    guard plausible.contains(tokens) else { return "its loss counts \(tokens) tokens" }
    if let terms, terms.count != tokens {
      return "its loss counts \(tokens) tokens, and it has \(terms.count) terms"
    }
    if let loss, tokens == 0, loss.sum != 0 {
      return "its loss is \(loss.sum) over no token"
    }
    return nil
  }

  /// How its layers differ from the model's or from those of the file's first line; nil where they do
  /// not.
  fileprivate func difference(
    inShapeFrom first: EvaluationRecord?, _ bounds: ResultBounds?
  ) -> String? {
    let layers = bounds?.layers ?? first?.keptLengths.count ?? keptLengths.count
    guard keptLengths.count == layers else {
      return "it has kept_lengths of \(Format.counted(keptLengths.count, "layer")), the "
        + (bounds == nil ? "first result of \(layers)" : "model has \(layers)")
    }
    let curves = profile?.lorenz?.count ?? layers
    return curves == layers
      ? nil : "it has Lorenz curves of \(Format.counted(curves, "layer")), not of \(layers)"
  }
}
