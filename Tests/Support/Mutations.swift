import Foundation

/// Values that a program may choke on where it expects a number of another kind or size.
public let extremeNumbers = [
  "-1", "0", "1e400", "1e300", "-1e300", "9223372036854775807", "9223372036854775808",
  "-9223372036854775808", "18446744073709551616", "0.5", "1e18", "null", "\"x\"", "[]",
]

/// Copies of a JSON text, each with one of its numbers replaced by an extreme one. Every number is
/// replaced `count` times; the values take turns.
public func replacingNumbers(in json: String, count: Int = 3) -> [String] {
  let numbers = json.matches(of: /-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/).map(\.range)
    .filter { range in
      // A number that stands for itself, not a part of a text.
      let before = json[..<range.lowerBound].last, after = json[range.upperBound...].first
      return before.map { " :[,\n".contains($0) } ?? true
        && after.map { " ,]}\n".contains($0) } ?? true
    }
  var turn = 0
  return numbers.flatMap { range in
    (0..<count).map { _ in
      turn += 1
      return json.replacingCharacters(in: range, with: extremeNumbers[turn % extremeNumbers.count])
    }
  }
}
