import Testing

/// Compares element by element. A failure names the first mismatch and the largest difference.
public func expectClose(
  _ actual: [Float], _ expected: [Float], absolute: Float, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count, !expected.isEmpty else {
    Issue.record(
      "\(what): \(actual.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  guard let first = actual.indices.first(where: { !(abs(actual[$0] - expected[$0]) <= absolute) })
  else { return }
  Issue.record(
    """
    \(what): [\(first)] is \(actual[first]), expected \(expected[first]); largest difference \
    \(largestDifference(actual, expected)), allowed \(absolute)
    """, sourceLocation: sourceLocation)
}

/// Largest absolute difference, or infinity where a value is no number or the counts differ.
public func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  var largest: Float = 0
  for index in a.indices {
    let difference = abs(a[index] - b[index])
    if difference.isNaN { return .infinity }
    largest = max(largest, difference)
  }
  return largest
}
