import Foundation

/// One item of a data set's file: a JSON value, or nil where the text is not JSON.
struct DataItem {
  var value: Any?
  /// The key of an item in an object of items.
  var key: String?
}

/// Splits a data set's file into its items before any of them is parsed, so that one item that is
/// not JSON (half a surrogate pair, say) does not spoil the others.
enum DataItems {
  /// - Throws: `DataError` for a file that is neither a list nor lines nor an object of items.
  static func read(_ bytes: Data, file: String) throws(DataError) -> [DataItem] {
    let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
    switch bytes[start...].first {
    case UInt8(ascii: "["):
      return parts(of: bytes[start...]).map { DataItem(value: parsed($0)) }
    case UInt8(ascii: "{"):
      return objectOfItems(bytes[start...]) ?? lines(bytes[start...])
    default: throw .noItems(file: file)
    }
  }

  private static func lines(_ bytes: Data) -> [DataItem] {
    bytes.split(separator: UInt8(ascii: "\n"))
      .filter { line in !line.allSatisfy(isBlank) }
      .map { DataItem(value: parsed($0)) }
  }

  /// The members of an object that is no item itself and whose values are objects: MM-Vet's own
  /// file. nil for any other object.
  private static func objectOfItems(_ bytes: Data) -> [DataItem]? {
    var items: [DataItem] = []
    for part in parts(of: bytes) {
      guard let key = key(of: part), !DataItemReader.fields.contains(key) else { return nil }
      let member = parsed([UInt8(ascii: "{")] + part + [UInt8(ascii: "}")]) as? [String: Any]
      items.append(DataItem(value: member?.values.first, key: key))
    }
    return items.contains { $0.value is [String: Any] } ? items : nil
  }

  /// The key of `"key": value`.
  private static func key(of part: Data) -> String? {
    guard part.first == UInt8(ascii: "\"") else { return nil }
    var end = part.startIndex + 1
    while end < part.endIndex, part[end] != UInt8(ascii: "\"") {
      end += part[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    return end < part.endIndex ? parsed(part[...end]) as? String : nil
  }

  /// The texts between the commas of a list or an object that `bytes` begins with. A list that is
  /// cut short ends with a part that is not JSON.
  private static func parts(of bytes: Data) -> [Data] {
    var parts: [Data] = []
    var start = bytes.startIndex + 1
    var depth = 1
    var isText = false
    var index = start
    func add(_ end: Data.Index) { parts.append(trimmed(bytes[start..<end])) }
    while index < bytes.endIndex, depth > 0 {
      switch bytes[index] {
      case UInt8(ascii: "\\") where isText: index += 1
      case UInt8(ascii: "\""): isText.toggle()
      case _ where isText: break
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { add(index) }
      case UInt8(ascii: ",") where depth == 1:
        add(index)
        start = index + 1
      default: break
      }
      index += 1
    }
    if depth > 0, start < bytes.endIndex { add(bytes.endIndex) }
    // An empty list, or a comma before the end, leaves an empty part.
    if parts.last?.isEmpty == true { parts.removeLast() }
    return parts
  }

  private static func parsed(_ bytes: Data) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
  }

  private static func parsed(_ bytes: [UInt8]) -> Any? { parsed(Data(bytes)) }

  private static func trimmed(_ bytes: Data) -> Data {
    guard let first = bytes.firstIndex(where: { !isBlank($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return Data() }
    return bytes[first...last]
  }

  /// White space, and the bytes of a byte-order mark.
  private static func isBlank(_ byte: UInt8) -> Bool { " \t\r\n\u{FEFF}".utf8.contains(byte) }
}
