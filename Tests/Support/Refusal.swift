import Testing

/// Runs `body`, which must throw an error of this type whose sentence holds all of `parts`: a refusal
/// names its cause.
///
/// - Returns: the sentence; empty when there was none.
@discardableResult
public func expectRefusal<Refusal: Error, Result>(
  _ type: Refusal.Type, says parts: [String], _ label: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result
) -> String {
  precondition(!parts.isEmpty && !parts.contains(""), "a refusal is expected with words")
  let label = label()
  let error = #expect(throws: type, "\(label)", sourceLocation: sourceLocation) { _ = try body() }
  guard let error else { return "" }
  for part in parts {
    #expect("\(error)".contains(part), "\(label): \(error)", sourceLocation: sourceLocation)
  }
  return "\(error)"
}
