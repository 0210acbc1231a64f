import KVCache

extension BudgetRequest {
  /// Reads `0.3`, `30%`, `180tok` or `200MiB`.
  init(parsing text: String) throws(BudgetError) {
    let text = text.filter { !$0.isWhitespace }.lowercased()
    let number = text.prefix { $0.isNumber || $0 == "." }
    guard let value = Double(number), value.isFinite else { throw .unreadable(text) }
    switch text.dropFirst(number.count) {
    case "": self = .share(try Budget(value).share)
    case "%": self = .share(try Budget(value / 100).share)
    case "tok" where value >= 1 && value < 1e12: self = .entriesPerLayer(Int(value))
    case "kib" where value > 0 && value < 1e12: self = .bytes(Int(value * 1024))
    case "mib" where value > 0 && value < 1e9: self = .bytes(Int(value * 1_048_576))
    case "gib" where value > 0 && value < 1e6: self = .bytes(Int(value * 1_073_741_824))
    default: throw .unreadable(text)
    }
  }
}
