import Foundation

/// The part of JSON Schema that docs/schema uses. A keyword that it does not know is a problem, so
/// that no rule of a schema goes unchecked.
struct Schema {
  private let root: [String: Any]

  init(_ name: String) throws {
    let path = Sample.repository + "/docs/schema/\(name).json"
    let value = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: path)))
    root = value as? [String: Any] ?? [:]
  }

  /// What is wrong with a JSON text: one line a problem, with the place in the document.
  func problems(of text: String) throws -> [String] {
    let value = try JSONSerialization.jsonObject(
      with: Data(text.utf8), options: .fragmentsAllowed)
    return problems(of: value, root, at: "$")
  }

  private static let keywords: Set = [
    "$schema", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "enum", "minimum",
  ]

  private func problems(of value: Any, _ schema: [String: Any], at place: String) -> [String] {
    var problems = schema.keys.filter { !Self.keywords.contains($0) }.map {
      "\(place): the schema's keyword \($0) is not checked"
    }
    let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] } ?? []
    guard types.isEmpty || types.contains(where: { Self.matches(value, $0) }) else {
      return problems + ["\(place): \(value) is not of type \(types)"]
    }
    if let allowed = schema["enum"] as? [String], !allowed.contains(value as? String ?? "") {
      problems.append("\(place): \(value) is none of \(allowed)")
    }
    if let least = schema["minimum"] as? Double, let number = value as? Double, number < least {
      problems.append("\(place): \(number) is below \(least)")
    }
    if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
      for (index, item) in list.enumerated() {
        problems += self.problems(of: item, items, at: "\(place)[\(index)]")
      }
    }
    if let object = value as? [String: Any] {
      problems += self.problems(of: object, schema, at: place)
    }
    return problems
  }

  private func problems(
    of object: [String: Any], _ schema: [String: Any], at place: String
  ) -> [String] {
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    var problems = (schema["required"] as? [String] ?? [])
      .filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
    for (key, value) in object {
      if let property = properties[key] ?? schema["additionalProperties"] as? [String: Any] {
        problems += self.problems(of: value, property, at: "\(place).\(key)")
      } else if schema["additionalProperties"] as? Bool == false {
        problems.append("\(place): \(key) is not described")
      }
    }
    return problems
  }

  private static func matches(_ value: Any, _ type: String) -> Bool {
    // JSONSerialization reads true and 1 as the same class; only the C type tells them apart.
    let number = value as? NSNumber
    let isBoolean = number.map { String(cString: $0.objCType) == "c" } ?? false
    return switch type {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "string": value is String
    case "null": value is NSNull
    case "boolean": isBoolean
    case "integer": !isBoolean && number.map { $0.doubleValue.rounded() == $0.doubleValue } ?? false
    case "number": !isBoolean && number != nil
    default: false
    }
  }
}
