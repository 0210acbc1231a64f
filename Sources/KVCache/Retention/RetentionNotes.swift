extension RetentionController {
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
