import Basics

/// Those of the sentences that there are, as one text; nil when there are none.
func sentences(_ notes: [String?]) -> String? {
  let said = notes.compactMap(\.self)
  return said.isEmpty ? nil : said.joined(separator: " ")
}

extension RetentionController {
  /// A sentence when the budget asks for less than a plan can keep: the first and the last entry of each
  /// layer stay in any case.
  func leastNote(_ plan: RetentionPlan) -> String? {
    let (layers, kept) = (cache.shape.layers, plan.kept.reduce(0) { $0 + $1.count })
    // A share that was made from two entries may be a rounding error below them.
    guard budget.asked * Double(cache.seen) < 2 - 1e-6, kept < cache.seen * layers else {
      return nil
    }
    return "The first and the last entry of each layer always stay, and the budget has no room for "
      + "both. The least, \(Format.bytes(2 * layers * cache.shape.bytesPerEntry)) and a little more as "
      + "an answer grows, is kept instead."
  }

  /// What a policy needs and what was not recorded while the prompt was read, in the middle of a
  /// sentence; nil when nothing is missing.
  public func missing(for policy: any RetentionPolicy) -> String? {
    let missing = policy.needs.filter(\.isOfThePrompt).subtracting(records.covered)
    return missing.isEmpty ? nil : missing.map(\.phrase).sorted().joined(separator: " and ")
  }

  /// A sentence when the policy needs what was not recorded while the prompt was read.
  var missingNote: String? {
    guard let missing = missing(for: policy) else { return nil }
    return
      "\(policy.name) decides by \(missing), which was not recorded while this prompt was read; "
      + "it can judge entries from the next question on."
  }
}

extension Movement {
  /// A sentence when entries should have come back and could not.
  var lostNote: String? {
    guard lost > 0 else { return nil }
    return "\(lost) entries were evicted without being saved and cannot come back; "
      + "a new conversation has all of its entries."
  }
}
